import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tables, tableVersions } from "../../drizzle/schema/tables.ts";
import { apiTokens, auditLog, users } from "../../drizzle/schema/users.ts";
import { sessionCookieName } from "../../server/api/http/session-request.ts";
import { createChanges } from "../../server/db/changes.ts";
import { createToken } from "../../server/services/access/create-token.ts";
import { ensureLocalAdmin } from "../../server/services/access/ensure-local-admin.ts";
import { issueSignInToken } from "../../server/services/access/issue-sign-in-token.ts";
import { encodeSession } from "../../server/services/access/session-cookie.ts";
import { tableDefinitionSchema } from "../../shared/table.ts";
import type { GroupView, IssuedToken, UsersTokenView, UserView } from "../../shared/user.ts";
import { insertCatalog } from "../support/catalog.ts";
import { until } from "../support/until.ts";
import {
  addUser,
  adminToken,
  call,
  createTestDeps,
  dataOf,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
let server: TestServer;
let admin: Record<string, string>;

beforeAll(async () => {
  context = await createTestDeps();
  server = await startTestServer(context.deps);
  admin = { "x-api-token": await adminToken(context.deps) };
});

afterAll(async () => {
  await server.close();
  await context.close();
});

function post(path: string, input: unknown, headers = admin) {
  return call(server, path, input, { method: "POST", headers });
}

async function get<T>(path: string, headers = admin): Promise<T> {
  return dataOf<T>(await call(server, path, {}, { headers }));
}

async function session(id: number) {
  const cookie = `${sessionCookieName("test", false)}=${await encodeSession(context.deps, id)}`;
  return { cookie, origin: server.url };
}

async function stateOf(id: number) {
  return (await get<UserView[]>("users.list")).find((user) => user.id === id)?.state;
}

/** An event stream; `ended` has what came last. */
async function listen(url: string, headers: Record<string, string>) {
  const response = await fetch(`${url}/trpc/events`, {
    headers: { ...headers, accept: "text/event-stream" },
  });
  let text = "";
  const ended = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    return text;
  })();
  await until("it is connected", () => text.includes("connected"));
  return { ended };
}

test("who waits is told from who was shut out, and both are let in", async () => {
  const { id } = await addUser(context.deps, "new@test", { disabled: true });
  expect(await stateOf(id)).toBe("waiting");
  expect((await get<UserView[]>("users.list"))[0]?.id).toBe(id);
  expect((await post("users.enable", { id })).status).toBe(200);
  expect(await stateOf(id)).toBe("enabled");
  expect((await call(server, "me.get", {}, { headers: await session(id) })).status).toBe(200);
  const seen = (await get<UserView[]>("users.list")).find((user) => user.id === id)?.lastSeenAt;
  expect(seen).toEqual(expect.any(String));
  await post("users.disable", { id });
  expect(await stateOf(id)).toBe("disabled");
  await post("users.enable", { id });
  expect(await stateOf(id)).toBe("enabled");
  expect((await post("users.enable", { id: 999_999 })).body.error?.data.code).toBe("notFound");
});

test("a user who is shut out loses sessions, tokens and open streams, of every process", async () => {
  const { deps } = context;
  const user = await addUser(deps, "leaver@test", { groups: ["leavers"] });
  const input = { name: "script", scopes: ["read" as const], expiresDays: null };
  const token = { "x-api-token": (await createToken(deps, user, input)).token };
  const cookie = await session(user.id);
  const changes = createChanges(context.connectionString, deps.log);
  const other = await startTestServer({ ...deps, changes });
  const streams = [
    await listen(server.url, cookie),
    await listen(server.url, token),
    await listen(other.url, cookie),
  ];
  expect((await post("users.disable", { id: user.id })).status).toBe(200);
  for (const { ended } of streams) expect(await ended).toContain('"httpStatus":401');
  const me = (headers: Record<string, string>) => call(server, "me.get", {}, { headers });
  expect((await me(cookie)).status).toBe(401);
  expect((await me(token)).status).toBe(401);
  await post("users.enable", { id: user.id });
  expect((await me(token)).body.error?.message).toContain("revoked");
  const inAMinute = sql`now() + interval '1 minute'`;
  await deps.db.update(users).set({ disabledAt: inAMinute }).where(eq(users.id, user.id));
  expect((await me(cookie)).body.error?.message).toContain("the session has ended");
  await other.close();
  await changes.close();
});

test("a stream ends with the token that opened it, and others go on", async () => {
  const { deps } = context;
  const user = await addUser(deps, "streamer@test");
  const make = async () => {
    const input = { name: "stream", scopes: ["read" as const], expiresDays: null };
    return createToken(deps, user, input);
  };
  const [first, second] = [await make(), await make()];
  const ending = await listen(server.url, { "x-api-token": first.token });
  const lasting = await listen(server.url, { "x-api-token": second.token });
  expect((await post("tokens.revokeAny", { id: first.id })).status).toBe(200);
  expect(await ending.ended).toContain('"httpStatus":401');
  const still = Symbol("still open");
  expect(await Promise.race([lasting.ended, Promise.resolve(still)])).toBe(still);
  await post("tokens.revokeAny", { id: second.id });
  await lasting.ended;
});

test("the last enabled admin is neither disabled nor demoted, by themselves or two at once", async () => {
  const { deps } = context;
  const local = await ensureLocalAdmin(deps);
  const refused = await post("users.disable", { id: local.id });
  expect(refused.body.error).toMatchObject({
    message: expect.stringContaining("admin@localhost is the last enabled admin"),
    data: { code: "conflict" },
  });
  const demote = await post("users.setAdmin", { id: local.id, isAdmin: false });
  expect(demote.body.error?.data.code).toBe("conflict");
  // A disabled admin is none that would remain.
  await addUser(deps, "gone@test", { isAdmin: true, disabled: true });
  expect((await post("users.disable", { id: local.id })).status).toBe(409);

  const second = await addUser(deps, "second@test");
  for (const round of [1, 2, 3, 4, 5]) {
    await post("users.setAdmin", { id: second.id, isAdmin: true });
    const [one, other] = await Promise.all([
      post("users.setAdmin", { id: local.id, isAdmin: false }, await session(second.id)),
      post("users.setAdmin", { id: second.id, isAdmin: false }, await session(local.id)),
    ]);
    const answers = [one, other].map(({ status }) => status).sort();
    expect(answers, `round ${round}`).not.toEqual([200, 200]);
    const enabled = sql`${users.isAdmin} and not ${users.disabled}`;
    expect(await deps.db.$count(users, enabled)).toBeGreaterThan(0);
    await deps.db.update(users).set({ isAdmin: true }).where(eq(users.id, local.id));
  }
});

test("where links are off the local admin, who cannot sign in, is no admin that would remain", async () => {
  const { deps } = context;
  const ann = await addUser(deps, "ann@test", { isAdmin: true });
  await deps.db.update(users).set({ isAdmin: false }).where(eq(users.email, "second@test"));
  const network = await startTestServer(deps, { signInLinks: false });
  const headers = { "x-api-token": await adminToken(deps) };
  const disable = (id: number) =>
    call(network, "users.disable", { id }, { method: "POST", headers });
  const refused = await disable(ann.id);
  expect(refused.body.error?.message).toContain("ann@test is the last enabled admin");
  const bob = await addUser(deps, "bob@test", { isAdmin: true });
  expect((await disable(ann.id)).status).toBe(200);
  await network.close();
  // On the loopback the local admin remains.
  expect((await post("users.disable", { id: bob.id })).status).toBe(200);
});

test("links and commands of the machine act as the local admin, unless the admins shut it out", async () => {
  const { deps } = context;
  const { id } = await ensureLocalAdmin(deps);
  const ann = await addUser(deps, "other-admin@test", { isAdmin: true });
  expect((await post("users.setAdmin", { id, isAdmin: false }, await session(ann.id))).status).toBe(
    200,
  );
  await expect(issueSignInToken(deps)).rejects.toMatchObject({
    code: "forbidden",
    message: expect.stringContaining("admin@localhost, whom this machine's links and commands act"),
  });
  await deps.db.update(users).set({ isAdmin: false }).where(eq(users.id, ann.id));
  // Nobody else could let it in again.
  expect(await ensureLocalAdmin(deps)).toMatchObject({ id, isAdmin: true });
});

test("groups are made, renamed, filled and emptied, and names are unique", async () => {
  const { deps } = context;
  const { id: userId } = await addUser(deps, "joiner@test");
  const { id } = dataOf<{ id: number }>(await post("groups.create", { name: "  finance " }));
  const again = await post("groups.create", { name: "finance" });
  expect(again.body.error).toMatchObject({
    message: "there is a group named finance already",
    data: { code: "conflict", field: "name" },
  });
  expect((await post("groups.create", { name: " " })).body.error?.message).toContain("a name");
  await post("groups.rename", { id, name: "controlling" });
  await post("groups.addMember", { id, userId });
  expect((await post("groups.addMember", { id, userId })).status).toBe(200);
  const groups = await get<GroupView[]>("groups.list");
  expect(groups).toContainEqual({
    id,
    name: "controlling",
    slackChannel: null,
    memberCount: 1,
    tableCount: 0,
  });
  const me = await get<{ groups: object[] }>("me.get", await session(userId));
  expect(me.groups).toEqual([{ id, name: "controlling" }]);
  await post("groups.removeMember", { id, userId });
  expect((await get<{ groups: object[] }>("me.get", await session(userId))).groups).toEqual([]);
  const missing = await post("groups.addMember", { id, userId: 999_999 });
  expect(missing.body.error?.data).toMatchObject({ code: "notFound", field: "userId" });
  const lines = await deps.db
    .select({ action: auditLog.action, actor: auditLog.actor })
    .from(auditLog)
    .where(eq(auditLog.subjectId, id));
  const actions = lines.filter(({ actor }) => actor === "admin@localhost").map((l) => l.action);
  for (const action of ["create", "rename", "addMember", "removeMember"]) {
    expect(actions.filter((each) => each === `group.${action}`)).toHaveLength(1);
  }
});

test("a group that owns tables is not deleted, and they are named; its deleted tables do not hold it", async () => {
  const { db } = context.deps;
  const { id } = dataOf<{ id: number }>(await post("groups.create", { name: "owners" }));
  const ids = await insertCatalog(db, [
    { name: "held", groupId: id },
    { name: "buried", groupId: id },
  ]);
  const held = ids.get("held")!;
  await db
    .update(tables)
    .set({ deletedAt: new Date() })
    .where(eq(tables.id, ids.get("buried")!));
  const refused = await post("groups.remove", { id });
  expect(refused.body.error?.message).toBe(
    "the group owners owns d.held: give them to another group in their settings, or delete them, first",
  );
  // A version that was the group's is restored into the group that the table has by then.
  const definition = tableDefinitionSchema.parse({
    ...{ dataset: "d", name: "held", kind: "summary", query: "select 1 as one", groupId: id },
  });
  await db.insert(tableVersions).values({ tableId: held, version: 1, definition });
  const { id: heir } = dataOf<{ id: number }>(await post("groups.create", { name: "heirs" }));
  const moved = { id: held, version: 1, definition: { ...definition, groupId: heir } };
  expect((await post("tables.update", moved)).status).toBe(200);
  expect((await post("groups.remove", { id })).status).toBe(200);
  expect((await post("tables.restore", { id: held, version: 1 })).status).toBe(200);
  const [row] = await db.select().from(tables).where(eq(tables.id, held));
  expect(row).toMatchObject({ version: 3, groupId: heir });
});

test("an admin sees everybody's tokens, without their texts, and revokes them", async () => {
  const { deps } = context;
  const user = await addUser(deps, "keeper@test");
  const own = await session(user.id);
  const made = await post("tokens.create", { name: "mine", scopes: ["write"] }, own);
  const { id, token } = dataOf<IssuedToken>(made);
  const all = await get<UsersTokenView[]>("tokens.listAll");
  expect(all.find((each) => each.id === id)).toMatchObject({
    name: "mine",
    userEmail: "keeper@test",
    scopes: ["write"],
  });
  expect(JSON.stringify(all)).not.toContain(token.slice("maestro_".length));
  expect((await post("tokens.revokeAny", { id })).status).toBe(200);
  const refused = await call(server, "me.get", {}, { headers: { "x-api-token": token } });
  expect(refused.status).toBe(401);
  expect((await post("tokens.revokeAny", { id })).status).toBe(404);
});

test("an answer to a token that ends within a week says when", async () => {
  const { deps } = context;
  const user = await addUser(deps, "ending@test");
  const input = { name: "short", scopes: ["read" as const], expiresDays: 8 };
  const { id, token } = await createToken(deps, user, input);
  const open = await startTestServer(deps, { allowedHosts: "any" });
  const header = async (url = `${server.url}/trpc/me.get`) => {
    const response = await fetch(url, { headers: { "x-api-token": token } });
    return response.headers.get("x-api-token-expires");
  };
  expect(await header()).toBeNull();
  await deps.db
    .update(apiTokens)
    .set({ expiresAt: sql`now() + interval '2 days'` })
    .where(eq(apiTokens.id, id));
  const [row] = await deps.db.select().from(apiTokens).where(eq(apiTokens.id, id));
  expect(await header()).toBe(row?.expiresAt?.toISOString());
  expect(await header(`${open.url}/metrics`)).toBe(row?.expiresAt?.toISOString());
  await open.close();
});
