import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databases } from "../../../drizzle/schema/tables.ts";
import { auditLog } from "../../../drizzle/schema/users.ts";
import { browseDatabase } from "../../../server/services/databases/browse-database.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import { databaseAddress } from "../../../server/services/databases/database-address.ts";
import { listDatabases } from "../../../server/services/databases/list-databases.ts";
import { removeDatabase } from "../../../server/services/databases/remove-database.ts";
import { testDatabase } from "../../../server/services/databases/test-database.ts";
import { updateDatabase } from "../../../server/services/databases/update-database.ts";
import { createSourceDatabase, type SourceDatabase } from "../../connectors/support.ts";
import { insertImportTable } from "../transfers/fixture.ts";
import { actor, openTransferDeps } from "../transfers/support.ts";

let opened: Awaited<ReturnType<typeof openTransferDeps>>;
let source: SourceDatabase;
beforeAll(async () => {
  [opened, source] = await Promise.all([openTransferDeps(), createSourceDatabase()]);
});
afterAll(async () => {
  await opened.close();
  await source.drop();
});

const input = (name: string) => ({
  name,
  ...source.address,
});
const rowOf = async (id: number) =>
  (await opened.deps.db.select().from(databases).where(eq(databases.id, id)))[0]!;

test("a password is stored sealed, to its own row alone, and never shown", async () => {
  const { deps } = opened;
  const first = await createDatabase(deps, { ...input("first"), password: "p4ss" }, actor);
  const second = await createDatabase(deps, { ...input("second"), password: "other" }, actor);
  const row = await rowOf(first.id);
  expect(row.password!.includes("p4ss")).toBe(false);
  expect(databaseAddress(deps, row).password).toBe("p4ss");
  const stolen = { ...row, id: second.id };
  expect(() => databaseAddress(deps, stolen)).toThrow(/does not open/);
  expect(JSON.stringify(await listDatabases(deps))).not.toMatch(/password|p4ss/);
  expect(JSON.stringify(await deps.db.select().from(auditLog))).not.toMatch(/p4ss/);
});

test("an update keeps the password, but does not take it to another host", async () => {
  const { deps } = opened;
  const { password: _password, ...open } = input("kept");
  const { id } = await createDatabase(deps, { ...open, password: "keep me" }, actor);
  await updateDatabase(deps, { ...open, id, name: "kept on" }, actor);
  expect(databaseAddress(deps, await rowOf(id)).password).toBe("keep me");
  await expect(updateDatabase(deps, { ...open, id, host: "evil.example" }, actor)).rejects.toThrow(
    /enter the password again/,
  );
  expect((await rowOf(id)).host).toBe(source.address.host);
  await expect(updateDatabase(deps, { ...open, id, name: "first" }, actor)).rejects.toMatchObject({
    code: "conflict",
    field: "name",
  });
});

test("a connection test says what is wrong", async () => {
  const { deps } = opened;
  expect(await testDatabase(deps, input("x"))).toEqual({
    ok: true,
    version: expect.stringMatching(/^PostgreSQL \d+/),
  });
  const refused = async (change: object) => testDatabase(deps, { ...input("x"), ...change });
  expect(await refused({ port: 1 })).toEqual({
    ok: false,
    message: expect.stringMatching(/nothing listens at .*:1/),
  });
  expect(await refused({ database: "absent" })).toEqual({
    ok: false,
    message: expect.stringMatching(/no database named absent/),
  });
  expect(await refused({ host: "no-such-host.invalid" })).toEqual({
    ok: false,
    message: expect.stringMatching(/no-such-host.invalid/),
  });
  expect(await refused({ password: "wrong" })).toEqual({
    ok: false,
    message: expect.stringMatching(/refuses the user/),
  });
});

test("the browser lists what the user may read, and nothing else", async () => {
  const { deps } = opened;
  await source.query(`create schema shop; create table shop.orders (id bigint, "Total Price" numeric(10, 2));
    create table secret (a int); create view seen as select 1 as one;
    create role browser login password 'b'; grant usage on schema shop, public to browser;
    grant select on shop.orders, seen to browser`);
  const { id } = await createDatabase(
    deps,
    { ...input("browsed"), username: "browser", password: "b" },
    actor,
  );
  const tables = await browseDatabase(deps, id);
  expect(tables.map(({ schema, name }) => `${schema}.${name}`)).toEqual([
    "public.seen",
    "shop.orders",
  ]);
  expect(tables[1]!.columns).toEqual([
    { name: "id", type: "bigint" },
    { name: "Total Price", type: "numeric(10,2)" },
  ]);
  await source.query("drop owned by browser; drop role browser");
});

test("a database that tables are imported from stays", async () => {
  const { deps, client } = opened;
  const { databaseId } = await insertImportTable(client);
  await expect(removeDatabase(deps, databaseId, actor)).rejects.toMatchObject({ code: "conflict" });
  const { id } = await createDatabase(deps, input("unused"), actor);
  await removeDatabase(deps, id, actor);
  await expect(removeDatabase(deps, id, actor)).rejects.toMatchObject({ code: "notFound" });
});
