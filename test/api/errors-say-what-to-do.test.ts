import { afterAll, beforeAll, expect, test } from "vitest";
import { sessionCookieName } from "../../server/api/http/session-request.ts";
import { createDbClient } from "../../server/db/client.ts";
import { ensureLocalAdmin } from "../../server/services/access/ensure-local-admin.ts";
import { encodeSession } from "../../server/services/access/session-cookie.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import { errorCodes } from "../../shared/errors.ts";
import {
  adminToken,
  call,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
let server: TestServer;
let headers: Record<string, string>;
let id: number;
let adminId: number;

const definition = {
  dataset: "shop",
  name: "orders",
  kind: "summary",
  query: "select 1 as x",
} as const;

beforeAll(async () => {
  context = await createTestDeps();
  server = await startTestServer(context.deps);
  headers = { "x-api-token": await adminToken(context.deps) };
  adminId = (await ensureLocalAdmin(context.deps)).id;
  const made = await createTable(context.deps, definition, { userId: null, name: "test" });
  id = made.id;
});

afterAll(async () => {
  await server.close();
  await context.close();
});

function post(path: string, input: unknown) {
  return call(server, path, input, { method: "POST", headers });
}

test("a field that is wrong is named, with what it should be", async () => {
  const { status, body } = await post("tables.create", {
    definition: { ...definition, name: "not a name" },
  });
  expect(status).toBe(400);
  expect(body.error?.message).toContain("letters, digits and underscores");
  expect(body.error?.data).toEqual({
    code: "invalidInput",
    httpStatus: 400,
    hint: errorCodes.invalidInput.hint,
    field: "name",
    position: null,
  });
});

test.each([
  ["query", { ...definition, name: "a", query: "  " }],
  ["query", { ...definition, name: "a", kind: "external" }],
  ["frequencyId", { ...definition, name: "a", frequencyId: 999 }],
  ["importDatabaseId", { ...definition, name: "a", importDatabaseId: 1 }],
  ["importDatabaseId", { ...definition, name: "a", kind: "import", query: "" }],
  ["ignoredParents", { ...definition, name: "a", extraParents: ["d.x"], ignoredParents: ["d.x"] }],
  ["clustering", { ...definition, name: "a", clustering: ["a", "b", "c", "d", "e"] }],
])("a definition is refused at %s", async (field, refused) => {
  const { status, body } = await post("tables.create", { definition: refused });
  expect(status).toBe(400);
  expect(body.error?.data).toMatchObject({ code: "invalidInput", field });
});

const database = {
  name: "db",
  kind: "postgres",
  host: "h",
  port: 5432,
  database: "d",
  username: "u",
};

test.each([
  ["query", "tables.create", { definition: { ...definition, query: "select 1 -- \0" } }],
  ["description", "tables.create", { definition: { ...definition, description: "a\0b" } }],
  ["description", "tables.create", { definition: { ...definition, description: "half \ud83d" } }],
  ["name", "frequencies.create", { name: "hourly\0", periodSeconds: 3600 }],
  ["name", "tokens.create", { name: "\0", scopes: ["read"] }],
  ["host", "databases.create", { ...database, host: "local\0host" }],
  ["password", "databases.create", { ...database, password: "\0" }],
])("text that cannot be kept is refused at %s of %s", async (field, path, input) => {
  const cookie = `${sessionCookieName("test", false)}=${await encodeSession(context.deps, adminId)}`;
  const { status, body } = await call(server, path, input, {
    method: "POST",
    headers: { cookie, origin: server.url },
  });
  expect(body.error?.message).toMatch(/NUL|surrogate/);
  expect(body.error?.data).toMatchObject({ code: "invalidInput", field });
  expect(status).toBe(400);
});

test("a search for text that no name can hold is refused", async () => {
  const { status, body } = await call(server, "tables.list", { search: "\0" }, { headers });
  expect(status).toBe(400);
  expect(body.error?.data).toMatchObject({ code: "invalidInput", field: "search" });
});

test("a name that is taken and an edit that would be lost are conflicts", async () => {
  const taken = await post("tables.create", { definition });
  expect(taken.status).toBe(409);
  expect(taken.body.error?.data).toMatchObject({ code: "conflict", field: "name" });
  const groupId = null;
  const first = await post("tables.update", {
    id,
    version: 1,
    definition: { ...definition, groupId },
  });
  expect(first.body.result?.data).toMatchObject({ version: 2 });
  const lost = await post("tables.update", { id, version: 1, definition });
  expect(lost.status).toBe(409);
  expect(lost.body.error?.data).toMatchObject({ code: "conflict", field: "version" });
  const both = await Promise.all(
    ["one", "two"].map((description) =>
      post("tables.update", { id, version: 2, definition: { ...definition, description } }),
    ),
  );
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test("what is not there is not found", async () => {
  expect((await call(server, "tables.get", { id: 999_999 }, { headers })).status).toBe(404);
  expect((await call(server, "runs.get", { id: 999_999 }, { headers })).status).toBe(404);
  expect((await call(server, "tables.nothing", {}, { headers })).status).toBe(404);
  const named = await call(server, "tables.byName", { name: "shop.nothing" }, { headers });
  expect(named.body.error?.message).toContain("shop.nothing");
});

test("an error from inside tells nothing but its id, which the log has", async () => {
  const { deps } = context;
  const logged: unknown[] = [];
  const log = { ...deps.log, error: (entry: unknown) => logged.push(entry) } as typeof deps.log;
  const broken = {
    ...deps,
    log,
    warehouse: {
      ...deps.warehouse,
      getTable: () => Promise.reject(new Error("secret: postgres://maestro:hunter2@db")),
    },
  };
  const other = await startTestServer(broken);
  const { status, body } = await call(other, "tables.preview", { id }, { headers });
  await other.close();
  expect(status).toBe(500);
  expect(JSON.stringify(body)).not.toContain("hunter2");
  expect(JSON.stringify(body)).not.toContain("stack");
  expect(body.error?.data.code).toBe("internal");
  const { requestId } = logged[0] as { requestId: string };
  expect(body.error?.message).toContain(requestId);
});

test("an import's SELECT is refused at its place", async () => {
  const { body } = await call(
    server,
    "tables.dryRun",
    { definition: { ...definition, kind: "import", query: "select 1 from t; drop table t" } },
    { headers },
  );
  expect(body.result?.data).toMatchObject({ ok: false, line: 1 });
});

test("a database that is away is told as such, for a client to try again", async () => {
  const away = createDbClient({
    connectionString: "postgres://nobody@127.0.0.1:9/none",
    poolSize: 1,
    applicationName: "test",
  });
  const other = await startTestServer({ ...context.deps, db: away.db, pool: away.pool });
  const { status, body } = await call(other, "tables.list", {}, { headers });
  expect(status).toBe(503);
  expect(body.error?.data.code).toBe("transient");
  expect((await fetch(`${other.url}/healthz`)).status).toBe(200);
  const ready = await fetch(`${other.url}/readyz`);
  expect(ready.status).toBe(503);
  const signIn = await fetch(`${other.url}/auth/token?token=x`);
  expect(signIn.status).toBe(503);
  await other.close();
  await away.close();
});
