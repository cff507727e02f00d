import { expect, test } from "vitest";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import type { FieldSchema } from "../../../shared/table.ts";
import { until } from "../../support/until.ts";
import { createDividedImports } from "./divided-imports.ts";
import { actor } from "./support.ts";

/* One import, read by several rooms in ranges of pages or ids: what arrives is what one room would have read. */

const {
  deps,
  query,
  address,
  divideFrom,
  openRoom,
  openGate,
  startImport,
  transferOf,
  readParts,
  countDone,
  ended,
  digestOf,
  digestOfObjects,
  fillOrders,
} = createDividedImports();

const orderFields: FieldSchema[] = [
  { name: "id", type: "INT64", mode: "NULLABLE" },
  { name: "name", type: "STRING", mode: "NULLABLE" },
];

/** Of tables that stand on one page, so that they cannot be cut but by their ids. */
const ids = {
  "in a row": "select i from generate_series(1, 100) i",
  "of which nine tenths stand at one end": `select case when i % 10 = 0 then i::bigint * 1000000000000 else i end
    from generate_series(1, 100) i`,
  "below 0 and above": "select i - 50 from generate_series(1, 100) i",
  "at the ends of bigint": `select x from generate_series(1, 50) i,
    lateral (values (-9223372036854775808 + i), (9223372036854775808 - i)) v(x)`,
  "with large gaps": "select i::bigint * i * i from generate_series(1, 100) i",
  "of which there are fewer than parts": "values (3), (1), (2)",
  "of one row": "values (7)",
} satisfies Record<string, string>;

test.each(Object.entries(ids))("ids %s arrive once each", async (_how, select) => {
  await query(`drop table if exists numbered;
    create table numbered (id bigint primary key, name text);
    insert into numbered select x, 'row ' || x from (${select}) v(x)`);
  await divideFrom("numbered");
  openRoom("first");
  openRoom("second");
  const row = await ended(await startImport({ importTable: "numbered" }));
  expect(row).toMatchObject({ state: "succeeded", error: null });
  const parts = await readParts();
  expect(parts.length).toBeGreaterThan(1);
  expect(Math.max(...parts.map(({ rows }) => rows))).toBeLessThanOrEqual(Math.max(3, row.rows / 4));
  expect(await digestOfObjects(row.result?.objects ?? [])).toBe(await digestOf("numbered"));
  const objects = await deps().objectStore.list("");
  const size = (name: string) => objects.find((each) => each.name === name)?.bytes ?? 0;
  expect(row.bytes).toBe((row.result?.objects ?? []).reduce((sum, name) => sum + size(name), 0));
});

test.each([
  ["NULL, now and then", "case when i % 3 > 0 then i end"],
  ["NULL but for a few", "case when i < 4 then i end"],
  ["all the same", "5"],
  ["in twos and threes", "i / 3"],
])("ids that are %s arrive as often as they are there", async (_how, id) => {
  await query(`drop table if exists indexed; create table indexed (id int, name text);
    insert into indexed select ${id}, 'row ' || i from generate_series(1, 100) i;
    create index on indexed (id); analyze indexed`);
  await divideFrom("indexed");
  openRoom("first");
  openRoom("second");
  const row = await ended(await startImport({ importTable: "indexed" }));
  expect(row).toMatchObject({ state: "succeeded", rows: 100 });
  expect(await digestOfObjects(row.result?.objects ?? [])).toBe(await digestOf("indexed"));
});

test("another room reads what the first has not come to, as it was when the first one began", async () => {
  await fillOrders();
  const before = await digestOf("orders");
  const gate = openGate();
  openRoom("first", gate.objectStore);
  const tableRun = await startImport({ importTable: "orders" });
  await until("it is divided", async () => (await readParts()).length > 0);
  await query(`delete from orders where id % 2 = 0; update orders set name = 'new', id = id + 100000 where id % 3 = 0;
    insert into orders (name) select 'late' from generate_series(1, 100)`);
  openRoom("second");
  const parts = (await readParts()).length;
  await until(
    "only what the first room has is left",
    async () => (await countDone()) === parts - 2,
  );
  expect((await transferOf(tableRun)).state).toBe("running");
  gate.open();
  const row = await ended(tableRun);
  expect(row).toMatchObject({ state: "succeeded", rows: 4000, attempt: 1 });
  expect(await digestOfObjects(row.result?.objects ?? [])).toBe(before);
  expect(await digestOf("orders")).not.toBe(before);
});

test("an increment from the first id on is divided too", async () => {
  await fillOrders();
  openRoom("first");
  openRoom("second");
  const where = { importTable: "orders", idColumn: "id" };
  const row = await ended(await startImport(where));
  expect(row.result).toMatchObject({ rows: 4000, lastId: "4000", fromLastId: null });
  expect((await readParts()).length).toBeGreaterThan(1);
  expect(await digestOfObjects(row.result?.objects ?? [])).toBe(await digestOf("orders"));
});

test("conditions of the SQL hold in every part, and a LIMIT is left to one room", async () => {
  await fillOrders();
  openRoom("first");
  openRoom("second");
  // About as much as PostgreSQL expects of it.
  deps().limits.importDividedFrom = 1000;
  const query = "select id, name from orders where id % 7 = 0 or name = 'order 1'";
  const row = await ended(await startImport({ query }));
  expect(row).toMatchObject({ state: "succeeded", rows: 572 });
  expect((await readParts()).length).toBeGreaterThan(1);
  const limited = await ended(await startImport({ query: "select id, name from orders limit 10" }));
  expect(limited).toMatchObject({ state: "succeeded", rows: 10, division: null });
});

test.each([
  ["a table without ids", "create table plain as select * from orders"],
  [
    "a table whose ids stand in no order of the disk",
    `create table plain (id int primary key, name text);
     insert into plain select i, 'row ' || i from generate_series(1, 4000) i order by md5(i::text)`,
  ],
  [
    "partitions of several sizes",
    `create table plain (id int, name text) partition by range (id);
     create table plain_1 partition of plain for values from (0) to (3000);
     create table plain_2 partition of plain for values from (3000) to (3100);
     create table plain_3 partition of plain for values from (3100) to (9000);
     create table plain_4 partition of plain default;
     insert into plain select i, 'row ' || i from generate_series(1, 4000) i`,
  ],
  [
    "a table and those that inherit from it",
    `create table plain (id int primary key, name text); create table plain_1 () inherits (plain);
     insert into plain select i, 'row ' || i from generate_series(1, 3000) i;
     insert into plain_1 select i, 'heir ' || i from generate_series(1, 1000) i`,
  ],
  [
    "a table of which most rows were deleted",
    `create table plain (id int primary key, name text);
     insert into plain select i, 'row ' || i from generate_series(1, 8000) i;
     delete from plain where id between 500 and 7000`,
  ],
  ["a materialized view", "create materialized view plain as select * from orders"],
])("%s: every row arrives once", async (what, create) => {
  await fillOrders();
  await query(`${create}; analyze plain`);
  deps().limits.importDividedFrom = 8192;
  openRoom("first");
  openRoom("second");
  const row = await ended(await startImport({ importTable: "plain" }));
  expect(row).toMatchObject({ state: "succeeded", error: null });
  const parts = await readParts();
  expect(parts.length).toBeGreaterThan(7);
  expect(parts[1]?.statement).toMatch(/"plain"\."ctid" >= '\(\d+,0\)' AND/);
  expect(await digestOfObjects(row.result?.objects ?? [])).toBe(await digestOf("plain"));
  await query(`drop ${what.endsWith("view") ? "materialized view" : "table"} plain cascade`);
});

test("an increment of a table that is large already is read by ids, not by pages", async () => {
  await query(`create table wide (id int primary key, name text);
    insert into wide select i, i || repeat('x', 1000) from generate_series(1, 20000) i; analyze wide`);
  await divideFrom("wide");
  deps().limits.importDividedFrom /= 11;
  deps().warehouse.getTable = async () => ({
    schema: orderFields,
    rowCount: 18000,
    bytes: 1,
    modifiedAt: "1",
  });
  openRoom("first");
  openRoom("second");
  const row = await ended(await startImport({ importTable: "wide", idColumn: "id" }, "18000"));
  expect(row.result).toMatchObject({ rows: 2000, lastId: "20000", fromLastId: "18000" });
  const parts = await readParts();
  expect(parts.length).toBeGreaterThan(7);
  expect(parts[1]?.statement).toMatch(/"id" > \(\d+\) AND "wide"."id" <= \(\d+\)$/);
  const increment = "(select * from wide where id > 18000) increment";
  expect(await digestOfObjects(row.result?.objects ?? [])).toBe(await digestOf(increment));
});

test("a view is read by one room", async () => {
  await fillOrders();
  await query("create view plain as select * from orders");
  deps().limits.importDividedFrom = 8192;
  openRoom("first");
  openRoom("second");
  const row = await ended(await startImport({ importTable: "plain" }));
  expect(row).toMatchObject({ state: "succeeded", division: null });
  expect(await digestOfObjects(row.result?.objects ?? [])).toBe(await digestOf("plain"));
  await query("drop view plain");
});

test("where a snapshot may not be exported one room reads the whole", async () => {
  await fillOrders();
  await query(`do $$ begin create role alone login password 'alone'; exception when duplicate_object then null; end $$;
    revoke execute on function pg_catalog.pg_export_snapshot() from public;
    grant select on orders to alone; grant usage on schema public to alone`);
  const sealed = { ...address(), username: "alone", password: "alone", name: "alone" };
  const { id } = await createDatabase(deps(), sealed, actor);
  try {
    openRoom("first");
    openRoom("second");
    const row = await ended(await startImport({ importTable: "orders", importDatabaseId: id }));
    expect(row).toMatchObject({ state: "succeeded", rows: 4000, division: null, attempt: 1 });
  } finally {
    await query(`grant execute on function pg_catalog.pg_export_snapshot() to public;
      drop owned by alone; drop role alone`);
  }
});
