import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sessionCookieName } from "../../server/api/http/session-request.ts";
import { ensureLocalAdmin } from "../../server/services/access/ensure-local-admin.ts";
import { encodeSession } from "../../server/services/access/session-cookie.ts";
import {
  adminToken,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
let server: TestServer;
let cookie: string;
let token: string;

beforeAll(async () => {
  context = await createTestDeps();
  server = await startTestServer(context.deps);
  const admin = await ensureLocalAdmin(context.deps);
  cookie = `${sessionCookieName("test", false)}=${await encodeSession(context.deps, admin.id)}`;
  token = await adminToken(context.deps);
});

afterAll(async () => {
  await server.close();
  await context.close();
});

/** Headers that `fetch` would not let a caller set. */
function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body = "",
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const input = JSON.stringify({ name: "f", periodSeconds: 60 });
const json = { "content-type": "application/json" };

async function create(headers: Record<string, string>, name: string) {
  const body = JSON.stringify({ name, periodSeconds: 60 });
  return (await send("POST", "/trpc/frequencies.create", { ...json, ...headers }, body)).status;
}

test("a session changes something from our own pages alone", async () => {
  expect(await create({ cookie, origin: server.url }, "own")).toBe(200);
  expect(await create({ cookie, origin: "https://evil.test" }, "evil")).toBe(403);
  expect(await create({ cookie, origin: "null" }, "null")).toBe(403);
  expect(await create({ cookie, origin: server.url.replace(/\d+$/, "1") }, "port")).toBe(403);
  expect(await create({ cookie }, "no origin")).toBe(403);
  expect(await create({ cookie, origin: server.url, "sec-fetch-site": "cross-site" }, "x")).toBe(
    403,
  );
});

test("a program with a token needs no origin", async () => {
  expect(await create({ "x-api-token": token }, "by header")).toBe(200);
  expect(await create({ authorization: `Bearer ${token}` }, "by bearer")).toBe(200);
  expect(await create({ "x-api-token": `${token}x` }, "wrong")).toBe(401);
});

test("a GET changes nothing, and a form is no call", async () => {
  const get = await send("GET", `/trpc/frequencies.create?input=${encodeURIComponent(input)}`, {
    cookie,
  });
  expect(get.status).toBe(405);
  const form = { cookie, origin: server.url, "content-type": "application/x-www-form-urlencoded" };
  expect((await send("POST", "/trpc/frequencies.create", form, "name=f")).status).toBe(415);
  const text = { cookie, origin: server.url, "content-type": "text/plain" };
  expect((await send("POST", "/trpc/frequencies.create", text, input)).status).toBe(415);
});

test("signing out is no change that another origin can make", async () => {
  const headers = { cookie, origin: "https://evil.test" };
  expect((await send("POST", "/auth/sign-out", headers)).status).toBe(403);
});

test("foreign hosts get no answer, whatever they resolve to", async () => {
  for (const host of [
    "evil.test",
    "evil.test:3000",
    "127.0.0.1.evil.test",
    "localhost.evil.test",
  ]) {
    expect((await send("GET", "/healthz", { host })).status).toBe(403);
  }
  for (const host of ["localhost", "LOCALHOST:80", "127.0.0.1:1", "[::1]:3000"]) {
    expect((await send("GET", "/healthz", { host })).status).toBe(200);
  }
});

test("every answer carries the security headers", async () => {
  for (const path of ["/healthz", "/trpc/me.get", "/nothing", "/"]) {
    const { headers } = await send("GET", path, {});
    expect(headers["content-security-policy"]).toContain("script-src 'self';");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["x-frame-options"]).toBe("DENY");
  }
});

test("a malformed address passes the same guards as every other", async () => {
  for (const path of ["/%", "/%ff", "/tables/%zz?tab=sql", "/trpc/me.get%"]) {
    const { status, headers, body } = await send("GET", path, {});
    expect([path, status]).toEqual([path, 400]);
    expect(JSON.parse(body).error).toMatchObject({
      code: "invalidInput",
      message: "the address is malformed: write % as %25 in it",
    });
    expect(headers["content-security-policy"]).toContain("script-src 'self';");
    expect((await send("GET", path, { host: "evil.test" })).status).toBe(403);
  }
});

test("a body beyond the limit is refused", async () => {
  const body = JSON.stringify({ name: "x".repeat(5 * 2 ** 20), periodSeconds: 60 });
  const answer = await send(
    "POST",
    "/trpc/frequencies.create",
    { ...json, "x-api-token": token },
    body,
  );
  expect(answer.status).toBe(413);
});

test("a method that nothing is for is refused as a fault of the request, and is none of the server's", async () => {
  for (const method of ["TRACE", "PROPFIND", "SEARCH"]) {
    const { status, body } = await send(method, "/trpc/frequencies.list", { "x-api-token": token });
    expect([method, status >= 400 && status < 500]).toEqual([method, true]);
    expect(body).not.toContain("the log has it");
  }
});
