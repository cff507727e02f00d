import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { type Engine, startEngine } from "../../server/daemon/engine.ts";
import { type Room, startRoom } from "../../server/daemon/room.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import { createDatabase } from "../../server/services/databases/create-database.ts";
import { startRun } from "../../server/services/runs/start-run.ts";
import type { TableDefinitionInput } from "../../shared/table.ts";
import { createSourceDatabase, type SourceDatabase } from "../connectors/support.ts";
import { openLocalDeps } from "./local-deps.ts";

let opened: Awaited<ReturnType<typeof openLocalDeps>>;
let source: SourceDatabase;
let engine: Engine;
let room: Room;
let databaseId: number;
beforeAll(async () => {
  [opened, source] = await Promise.all([openLocalDeps(), createSourceDatabase()]);
  engine = startEngine(opened.deps);
  room = startRoom(opened.deps, { concurrency: 2, drainSeconds: 0 });
  const input = { name: "source", ...source.address };
  databaseId = (await createDatabase(opened.deps, input, actor())).id;
});
afterAll(async () => {
  await engine.stop();
  await room.stop();
  await opened.close();
  await source.drop();
});

const actor = () => ({ userId: opened.adminUserId, name: "admin@example.com" });

async function create(input: Partial<TableDefinitionInput> & { name: string }): Promise<number> {
  const definition = { dataset: "raw", kind: "import" as const, importDatabaseId: databaseId };
  return (await createTable(opened.deps, { ...definition, ...input }, actor())).id;
}

async function run(tableId: number) {
  const { deps } = opened;
  const selection = {
    kind: "tables" as const,
    tableIds: [tableId],
    withAncestors: false,
    withDescendants: false,
  };
  const { runId } = await startRun(deps, selection, { userId: null, name: "test" });
  await vi.waitUntil(
    async () => (await deps.db.select().from(runs).where(eq(runs.id, runId)))[0]?.endedAt,
    { timeout: 60_000, interval: 50 },
  );
  const [tableRun] = await deps.db.select().from(tableRuns).where(eq(tableRuns.runId, runId));
  return {
    state: tableRun!.state,
    reason: tableRun!.reason?.text ?? null,
    rowCount: tableRun!.rowCount,
  };
}

const preview = (name: string) => opened.deps.warehouse.preview("raw", name, 100);

test("values of every type arrive through Parquet as they were", async () => {
  await source.query(`create type mood as enum ('sad', 'glad');
    create table plain (a bigint, b double precision, c numeric(38, 9), d numeric, e text, f boolean, g date,
      h timestamp, i timestamptz, j time, k bytea, l uuid, m mood, n int[], o text[], p real);
    insert into plain values
      (9223372036854775807, 'NaN', 99999999999999999999999999999.999999999, 'Infinity', E'a\\tb\\r\\n"q",\\\\N 漢😀', true,
       '0001-01-01', '9999-12-31 23:59:59.999999', '1999-12-31 23:59:59.999999-12', '23:59:59.999999',
       '\\x00ff0a', '00000000-0000-0000-0000-00000000000f', 'glad', '{1,-2}', '{"",N,"a,b"}', 0.1),
      (-9223372036854775808, '-Infinity', -0.000000001, 1e-40, '', false,
       '9999-12-31', '0001-01-01', '0001-01-01 00:00:00+00', '00:00', '', null, 'sad', '{}', null, '-Infinity'),
      (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)`);
  const id = await create({ name: "plain", importTable: "plain" });
  expect(await run(id)).toEqual({ state: "succeeded", reason: null, rowCount: 3 });
  expect((await preview("plain")).rows).toEqual([
    [
      "9223372036854775807",
      "NaN",
      "99999999999999999999999999999.999999999",
      "Infinity",
      'a\tb\r\n"q",\\N 漢😀',
      true,
      "0001-01-01",
      "9999-12-31T23:59:59.999999",
      "2000-01-01T11:59:59.999999Z",
      "23:59:59.999999",
      "AP8K",
      "00000000-0000-0000-0000-00000000000f",
      "glad",
      [1, -2],
      ["", "N", "a,b"],
      0.1,
    ],
    [
      "-9223372036854775808",
      "-Infinity",
      "-0.000000001",
      "0.0000000000000000000000000000000000000001",
      "",
      false,
      "9999-12-31",
      "0001-01-01T00:00:00",
      "0001-01-01T00:00:00Z",
      "00:00:00",
      "",
      null,
      "sad",
      [],
      [],
      "-Infinity",
    ],
    [...Array(13).fill(null), [], [], null],
  ]);
});

test("JSON arrives beside everything else, with JSON null and NULL apart", async () => {
  await source.query(`create table documents (id int, a jsonb, b text, c bytea, d double precision, e timestamptz);
    insert into documents values
      (1, '{"k": [1, null, "x,\\"y\\n"], "é": 1.50}', E'quote " comma , newline \\n end', '\\x00ff', 'NaN', '2024-01-01 00:00:00.123456+02'),
      (2, 'null', '', '', '-Infinity', null), (3, null, null, null, null, null), (4, '"text"', 'N', null, 0, null)`);
  const id = await create({ name: "documents", importTable: "documents" });
  expect(await run(id)).toEqual({ state: "succeeded", reason: null, rowCount: 4 });
  expect((await preview("documents")).rows).toEqual([
    [
      1,
      '{"k": [1, null, "x,\\"y\\n"], "é": 1.50}',
      'quote " comma , newline \n end',
      "AP8=",
      "NaN",
      "2023-12-31T22:00:00.123456Z",
    ],
    [2, "null", "", "", "-Infinity", null],
    [3, null, null, null, null, null],
    [4, '"text"', "N", null, 0, null],
  ]);
});

test("JSON and arrays arrive together", async () => {
  await source.query(`create table mixed (id bigint, a jsonb, b text[], c numeric(20, 5)[], d boolean, e bytea);
    insert into mixed values (1, '{"k": [1, {"l": 2}]}', '{a,"b\nc"}', '{1.5,-2}', true, '\\x01'), (2, null, '{}', null, null, null)`);
  const id = await create({ name: "mixed", importTable: "mixed" });
  expect(await run(id)).toEqual({ state: "succeeded", reason: null, rowCount: 2 });
  expect((await preview("mixed")).rows).toEqual([
    [1, '{"k":[1,{"l":2}]}', ["a", "b\nc"], ["1.5", "-2"], true, "AQ=="],
    [2, null, [], [], null, null],
  ]);
});

test("increments append, empty ones too, and a whole import replaces", async () => {
  await source.query(
    "create table orders (id bigint generated always as identity, name text); insert into orders (name) values ('a'), ('b')",
  );
  const id = await create({ name: "orders", importTable: "orders", idColumn: "id" });
  const rowCount = async () => (await opened.deps.warehouse.getTable("raw", "orders"))!.rowCount;
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 2 });
  await source.query("insert into orders (name) values ('c')");
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 1 });
  expect(await rowCount()).toBe(3);
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 0 });
  expect(await rowCount()).toBe(3);
  await source.query("alter table orders add column more int");
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 3 });
  expect(await rowCount()).toBe(3);
});

test("an import of an empty table makes an empty table", async () => {
  await source.query("create table nothing (a int, b jsonb, c text[])");
  const id = await create({ name: "nothing", importTable: "nothing" });
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 0 });
  expect((await preview("nothing")).schema.map(({ name }) => name)).toEqual(["a", "b", "c"]);
});
