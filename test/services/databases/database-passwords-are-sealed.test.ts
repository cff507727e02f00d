import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databases, tables } from "../../../drizzle/schema/tables.ts";
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
  expect(await testDatabase(deps, input("x"))).toMatchObject({
    ok: true,
    version: expect.stringMatching(/^PostgreSQL \d+/),
  });
  const refused = async (change: object) => testDatabase(deps, { ...input("x"), ...change });
  expect(await refused({ port: 1 })).toMatchObject({
    ok: false,
    message: expect.stringMatching(/nothing listens at .*:1/),
  });
  expect(await refused({ database: "absent" })).toMatchObject({
    ok: false,
    message: expect.stringMatching(/no database named absent/),
  });
  expect(await refused({ host: "no-such-host.invalid" })).toMatchObject({
    ok: false,
    message: expect.stringMatching(/no-such-host.invalid/),
  });
  expect(await refused({ password: "wrong" })).toMatchObject({
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
  const browsed = await browseDatabase(deps, { id, search: "", limit: 100, offset: 0 });
  expect(browsed.tables.map(({ schema, name }) => `${schema}.${name}`)).toEqual([
    "public.seen",
    "shop.orders",
  ]);
  expect(browsed.tables[1]!.columns).toEqual([
    { name: "id", type: "bigint" },
    { name: "Total Price", type: "numeric(10,2)" },
  ]);
  await source.query("drop owned by browser; drop role browser");
});

test("large catalogs are listed in pages, searched in the server, with their id columns", async () => {
  const { deps } = opened;
  await source.query(`create schema many; do $$ begin
    for i in 1..2100 loop execute format('create table many.t%s (id bigint primary key, v text)', lpad(i::text, 4, '0')); end loop;
    end $$;
    create table many.pair (a int, b int, primary key (a, b)); create table many.code (code text primary key);
    create table many.parted (id int primary key) partition by range (id);
    create table many.parted_1 partition of many.parted for values from (0) to (9)`);
  const { id } = await createDatabase(deps, input("large"), actor);
  const browse = (search: string, offset = 0, limit = 500) =>
    browseDatabase(deps, { id, search, offset, limit });
  const names: string[] = [];
  let page = await browse("MANY.t");
  names.push(...page.tables.map(({ name }) => name));
  while (page.hasMore) {
    page = await browse("MANY.t", names.length);
    names.push(...page.tables.map(({ name }) => name));
  }
  expect(new Set(names).size).toBe(2100);
  expect(names).toEqual([...names].sort());
  expect(await browse("ny.t2099")).toMatchObject({
    hasMore: false,
    tables: [{ schema: "many", name: "t2099", idColumn: "id" }],
  });
  expect(await browse("%")).toEqual({ tables: [], hasMore: false });
  const others = (await browse("many.", 0, 4)).tables;
  expect(others.map(({ name, idColumn }) => [name, idColumn])).toEqual([
    ["code", null],
    ["pair", null],
    ["parted", "id"],
    ["t0001", "id"],
  ]);
  await source.query("drop schema many cascade");
});

test("a database that tables are imported from or exported to stays", async () => {
  const { deps, client } = opened;
  const { databaseId, tableId } = await insertImportTable(client);
  const exportId = (await createDatabase(deps, input("exported to"), actor)).id;
  await deps.db.update(tables).set({ exportDatabaseId: exportId }).where(eq(tables.id, tableId));
  await expect(removeDatabase(deps, databaseId, actor)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/is the source of raw_\d+\.orders: take it out/),
  });
  await expect(removeDatabase(deps, exportId, actor)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/exported to is written to by raw_\d+\.orders/),
  });
  const { id } = await createDatabase(deps, input("unused"), actor);
  await removeDatabase(deps, id, actor);
  await expect(removeDatabase(deps, id, actor)).rejects.toMatchObject({ code: "notFound" });
});
