import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiTokens, users } from "../../drizzle/schema/users.ts";
import { sessionCookieName } from "../../server/api/http/session-request.ts";
import { createToken } from "../../server/services/access/create-token.ts";
import { encodeSession } from "../../server/services/access/session-cookie.ts";
import {
  addUser,
  call,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
let server: TestServer;
let user: Awaited<ReturnType<typeof addUser>>;
let session: Record<string, string>;

beforeAll(async () => {
  context = await createTestDeps();
  server = await startTestServer(context.deps);
  user = await addUser(context.deps, "someone@test", { groups: ["team"] });
  session = await sessionOf(user.id);
});

afterAll(async () => {
  await server.close();
  await context.close();
});

async function sessionOf(id: number) {
  const cookie = `${sessionCookieName("test", false)}=${await encodeSession(context.deps, id)}`;
  return { cookie, origin: server.url };
}

function post(path: string, input: unknown, headers: Record<string, string>) {
  return call(server, path, input, { method: "POST", headers });
}

async function make(input: object) {
  const { body } = await post("tokens.create", input, session);
  return body.result?.data as { id: number; token: string };
}

const me = (token: string) => call(server, "me.get", {}, { headers: { "x-api-token": token } });

test("a token's text is shown once, has 256 random bits, and only its hash is stored", async () => {
  const { id, token } = await make({ name: "script", scopes: ["read"] });
  expect(token).toMatch(/^maestro_[A-Za-z0-9_-]{43}$/);
  const dump = await context.deps.db.execute(
    sql`select to_jsonb(t)::text as text from api_tokens t union all select to_jsonb(a)::text from audit_log a`,
  );
  expect(JSON.stringify(dump.rows)).not.toContain(token.slice("maestro_".length));
  const list = await call(server, "tokens.list", {}, { headers: session });
  expect(list.body.result?.data).toMatchObject([
    { id, name: "script", scopes: ["read"], lastUsedAt: null },
  ]);
  expect((await me(token)).status).toBe(200);
  const used = await call(server, "tokens.list", {}, { headers: session });
  expect(used.body.result?.data).toMatchObject([{ id, lastUsedAt: expect.any(String) }]);
});

test("an expired or a revoked token is refused, and says why", async () => {
  const expired = await make({ name: "old", scopes: ["read"], expiresDays: 1 });
  await context.deps.db
    .update(apiTokens)
    .set({ expiresAt: sql`now() - interval '1 second'` })
    .where(eq(apiTokens.id, expired.id));
  expect((await me(expired.token)).body.error?.message).toContain("expired");
  const revoked = await make({ name: "gone", scopes: ["read"] });
  expect((await post("tokens.revoke", { id: revoked.id }, session)).status).toBe(200);
  expect((await me(revoked.token)).status).toBe(401);
});

test("nobody revokes another's token", async () => {
  const mine = await make({ name: "mine", scopes: ["read"] });
  const other = await addUser(context.deps, "other@test");
  const refused = await post("tokens.revoke", { id: mine.id }, await sessionOf(other.id));
  expect(refused.status).toBe(404);
  expect((await me(mine.token)).status).toBe(200);
});

test("only admins make admin tokens, and a token makes none at all", async () => {
  const refused = await post("tokens.create", { name: "up", scopes: ["admin"] }, session);
  expect(refused.body.error?.data).toMatchObject({ code: "forbidden", field: "scopes" });
  const { token } = await make({ name: "writer", scopes: ["write"] });
  const nested = await post(
    "tokens.create",
    { name: "x", scopes: ["read"] },
    { "x-api-token": token },
  );
  expect(nested.status).toBe(403);
});

test("rights are those of now: a disabled user's sessions and tokens end at once", async () => {
  const admin = await addUser(context.deps, "was-admin@test", { isAdmin: true });
  const { token } = await createToken(context.deps, admin, {
    name: "t",
    scopes: ["admin"],
    expiresDays: null,
  });
  const cookie = await sessionOf(admin.id);
  const audit = (headers: Record<string, string>) =>
    call(server, "audit.list", { limit: 1 }, { headers });
  expect((await audit({ "x-api-token": token })).status).toBe(200);
  const set = (values: object) =>
    context.deps.db.update(users).set(values).where(eq(users.id, admin.id));
  await set({ isAdmin: false });
  expect((await audit({ "x-api-token": token })).status).toBe(403);
  expect((await audit(cookie)).status).toBe(403);
  await set({ disabled: true });
  expect((await me(token)).status).toBe(401);
  expect((await call(server, "me.get", {}, { headers: cookie })).status).toBe(401);
});
