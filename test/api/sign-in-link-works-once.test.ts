import { afterAll, beforeAll, expect, test } from "vitest";
import { issueSignInToken } from "../../server/services/access/issue-sign-in-token.ts";
import {
  call,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
let server: TestServer;

beforeAll(async () => {
  context = await createTestDeps();
  server = await startTestServer(context.deps);
});

afterAll(async () => {
  await server.close();
  await context.close();
});

async function open(token: string, headers: Record<string, string> = {}, method = "GET") {
  return fetch(`${server.url}/auth/token?token=${token}`, { redirect: "manual", headers, method });
}

function cookieOf(response: Response): string {
  return (response.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
}

test("a link signs the local admin in with an HttpOnly cookie, and leads to the app", async () => {
  const response = await open(await issueSignInToken(context.deps));
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe("/");
  const cookie = response.headers.getSetCookie()[0];
  expect(cookie).toMatch(/^maestro_session_test=/);
  expect(cookie).toContain("HttpOnly");
  expect(cookie).toContain("SameSite=Lax");
  const me = await call(server, "me.get", null, { headers: { cookie: cookieOf(response) } });
  expect(me.body.result?.data).toMatchObject({
    email: "admin@localhost",
    isAdmin: true,
    groups: [{ name: "default" }],
  });
});

test("of many who open one link at once, one is signed in", async () => {
  const token = await issueSignInToken(context.deps);
  const responses = await Promise.all(Array.from({ length: 12 }, () => open(token)));
  expect(responses.filter((response) => response.status === 303)).toHaveLength(1);
  expect(responses.filter((response) => response.status === 401)).toHaveLength(11);
});

test("a used link refuses strangers, and takes back those whom it signed in", async () => {
  const token = await issueSignInToken(context.deps);
  const cookie = cookieOf(await open(token));
  expect((await open(token)).status).toBe(401);
  expect((await open(token, { cookie })).status).toBe(303);
  const page = await open(token, { accept: "text/html,*/*" });
  expect(page.status).toBe(303);
  expect(page.headers.getSetCookie()).toEqual([]);
});

test("a look ahead or a HEAD does not spend the link", async () => {
  const token = await issueSignInToken(context.deps);
  expect((await open(token, { "sec-purpose": "prefetch;prerender" })).status).toBe(503);
  expect((await open(token, {}, "HEAD")).status).toBe(404);
  expect((await open(token)).status).toBe(303);
});

test("an expired link is refused", async () => {
  expect((await open(await issueSignInToken(context.deps, 0))).status).toBe(401);
});

test("a tampered or foreign cookie is no session", async () => {
  const cookie = cookieOf(await open(await issueSignInToken(context.deps)));
  const change = (at: number, to: string) => cookie.slice(0, at) + to + cookie.slice(at + 1);
  const other = (at: number) => change(at, cookie[at] === "A" ? "B" : "A");
  const last = cookie.length - 1;
  // Of the last character four bits of six mean nothing: the same bytes can be written otherwise.
  const next = String.fromCharCode(cookie.charCodeAt(last) + 1);
  for (const forged of [
    other(last - 10),
    change(last, next),
    "maestro_session_test=eyJhbGciOiJub25lIn0.e30.",
    "maestro_session_test=",
  ]) {
    const answer = await call(server, "me.get", null, { headers: { cookie: forged } });
    expect(answer.status).toBe(401);
  }
});

test("signing out clears the cookie", async () => {
  const cookie = cookieOf(await open(await issueSignInToken(context.deps)));
  const response = await fetch(`${server.url}/auth/sign-out`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie, origin: server.url },
  });
  expect(response.status).toBe(303);
  expect(response.headers.getSetCookie()[0]).toMatch(
    /^maestro_session_test=;.*Expires=Thu, 01 Jan 1970/,
  );
});

test("two installations on one host keep a session each", async () => {
  const other = await startTestServer({ ...context.deps, instanceId: "other" });
  const cookies = await Promise.all(
    [server, other].map(async ({ url }) => {
      const token = await issueSignInToken(context.deps);
      return cookieOf(await fetch(`${url}/auth/token?token=${token}`, { redirect: "manual" }));
    }),
  );
  expect(cookies.map((cookie) => cookie.split("=")[0])).toEqual([
    "maestro_session_test",
    "maestro_session_other",
  ]);
  // A browser sends both to both, since cookies do not know ports.
  const headers = { cookie: cookies.join("; ") };
  for (const one of [server, other]) {
    expect((await call(one, "me.get", null, { headers })).status).toBe(200);
  }
  const stranger = await call(other, "me.get", null, { headers: { cookie: cookies[0] ?? "" } });
  expect(stranger.status).toBe(401);
  await other.close();
});
