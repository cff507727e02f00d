import { eq } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { tables } from "../../drizzle/schema/tables.ts";
import { outbox, transfers } from "../../drizzle/schema/transfers.ts";
import { type Engine, startRunner } from "../../server/daemon/engine.ts";
import { type Room, startRoom } from "../../server/daemon/room.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import { createDatabase } from "../../server/services/databases/create-database.ts";
import { assembleRun } from "../../server/services/runs/assemble-run.ts";
import { reimportTable } from "../../server/services/runs/reimport-table.ts";
import { startRun } from "../../server/services/runs/start-run.ts";
import { tellTableRun } from "../../server/services/runs/tell-table-run.ts";
import type { TableDefinitionInput } from "../../shared/table.ts";
import { createSourceDatabase, type SourceDatabase } from "../connectors/support.ts";
import { insertFrequency } from "../support/catalog.ts";
import { chooseTables, nobody } from "../support/choose-tables.ts";
import { until } from "../support/until.ts";
import { openLocalDeps } from "./local-deps.ts";

let opened: Awaited<ReturnType<typeof openLocalDeps>>;
let source: SourceDatabase;
let engine: Engine;
let room: Room;
let databaseId: number;
beforeAll(async () => {
  [opened, source] = await Promise.all([openLocalDeps(), createSourceDatabase()]);
  engine = startRunner(opened.deps);
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

async function create(name: string, input: Partial<TableDefinitionInput> = {}): Promise<number> {
  const definition = {
    dataset: "raw",
    name,
    kind: "import" as const,
    importDatabaseId: databaseId,
    importTable: name,
    idColumn: "id",
    ...input,
  };
  return (await createTable(opened.deps, definition, actor())).id;
}

async function ended(runId: number) {
  const { db } = opened.deps;
  await vi.waitUntil(
    async () => (await db.select().from(runs).where(eq(runs.id, runId)))[0]?.endedAt,
    { timeout: 60_000, interval: 25 },
  );
  const [tableRun] = await db.select().from(tableRuns).where(eq(tableRuns.runId, runId));
  return tableRun!;
}

async function run(tableId: number) {
  const { runId } = await startRun(opened.deps, chooseTables([tableId]), nobody);
  const tableRun = await ended(runId);
  return {
    state: tableRun.state,
    reason: tableRun.reason?.text ?? null,
    rowCount: tableRun.rowCount,
    imported: await importedBy(tableRun.id),
  };
}

async function importedBy(id: number): Promise<string> {
  const { story } = await tellTableRun(opened.deps, { id });
  return story.find(({ text }) => text.startsWith("imported"))?.text ?? "";
}

const dropTable = async (name: string) => {
  const tables = `${opened.cloudUrl}/bigquery/v2/projects/maestro-local/datasets/raw/tables`;
  expect((await fetch(`${tables}/${name}`, { method: "DELETE" })).ok).toBe(true);
};

const watermark = async (tableId: number) =>
  (await opened.deps.db.select().from(tables).where(eq(tables.id, tableId)))[0]!.lastId;

async function contents(name: string) {
  const { schema, rows } = await opened.deps.warehouse.preview("raw", name, 100);
  const sorted = rows.toSorted((a, b) => Number(a[0]) - Number(b[0]));
  return { columns: schema.map(({ name, type }) => `${name} ${type}`), rows: sorted };
}

const messages = async (tableId: number) =>
  (await opened.deps.db.select().from(outbox))
    .filter(({ payload }) => payload["tableId"] === tableId)
    .map(({ topic, payload }) => ({ topic, text: payload["text"], keptAs: payload["keptAs"] }));

const changes = [
  {
    what: "a new column",
    alter: "alter table t add column note text default 'old'",
    told: "new note",
    rows: [
      [2, "b", "old"],
      [3, "c", "old"],
    ],
  },
  {
    what: "a dropped column",
    alter: "alter table t drop column name",
    told: "gone name",
    rows: [[2], [3]],
  },
  {
    what: "a renamed column",
    alter: "alter table t rename column name to title",
    told: "new title; gone name",
    rows: [
      [2, "b"],
      [3, "c"],
    ],
  },
];

test.each(changes)(
  "$what imports all rows anew, and keeps the table as it was",
  async ({ alter, told, rows }) => {
    const name = `t_${told.replace(/\W+/g, "_")}`;
    const rename = (statement: string) => statement.replace(/\bt\b/, name);
    await source.query(rename("create table t (id bigint primary key, name text)"));
    await source.query(rename("insert into t values (1, 'a'), (2, 'b')"));
    const id = await create(name);
    expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 2 });
    // The source forgets a row that BigQuery has.
    await source.query(rename("delete from t where id = 1"));
    await source.query(rename("insert into t values (3, 'c')"));
    await source.query(rename(alter));
    const changed = await run(id);
    expect(changed).toMatchObject({ state: "succeeded", rowCount: 2 });
    expect((await contents(name)).rows).toEqual(rows);
    const [message, ...others] = await messages(id);
    expect(others).toEqual([]);
    expect(message).toMatchObject({ topic: "slack", text: told });
    const keptAs = message!.keptAs as string;
    expect(keptAs).toMatch(new RegExp(`^raw\\.before_\\d{8}_\\d{6}_${name}$`));
    expect(changed.imported).toBe(
      `imported 2 rows, all of them anew, since the columns of the source have changed (${told}); the table as it was is kept as ${keptAs}`,
    );
    expect((await contents(keptAs.slice("raw.".length))).rows).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
    expect(await watermark(id)).toBe("3");
    // From now on increments again, and nobody is told twice.
    expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 0 });
    expect(await messages(id)).toHaveLength(1);
  },
);

test("a column of another type imports all rows anew in that type", async () => {
  await source.query(`create table typed (id bigint primary key, amount int);
    insert into typed values (1, 10), (2, 20)`);
  const id = await create("typed");
  await run(id);
  await source.query("alter table typed alter column amount type text using amount || ' EUR'");
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 2 });
  expect((await contents("typed")).rows).toEqual([
    [1, "10 EUR"],
    [2, "20 EUR"],
  ]);
  const [message] = await messages(id);
  expect(message!.text).toMatch(/^amount is now STRING and was INT/);
});

test("where the table cannot be kept nothing is replaced", async () => {
  await source.query(`create table guarded (id bigint primary key, a int);
    insert into guarded values (1, 1)`);
  const id = await create("guarded");
  await run(id);
  await source.query("alter table guarded drop column a");
  const { warehouse } = opened.deps;
  const { insertJob } = warehouse;
  warehouse.insertJob = async (jobId, configuration, labels) => {
    if (!("copy" in configuration)) return insertJob(jobId, configuration, labels);
    const error = { reason: "accessDenied", message: "no access", retryable: false };
    return { state: "DONE", error, configuration: {}, statistics: {}, adopted: false };
  };
  try {
    const failed = await run(id);
    expect(failed.state).toBe("failed");
    expect(failed.reason).toMatch(/raw\.guarded as it is cannot be kept.*no access/);
  } finally {
    warehouse.insertJob = insertJob;
  }
  expect(await contents("guarded")).toEqual({
    columns: expect.arrayContaining([expect.stringContaining("a ")]),
    rows: [[1, 1]],
  });
  expect(await watermark(id)).toBe("1");
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 1 });
});

test("a reimport asked for by hand takes the source as it is, and keeps no copy", async () => {
  await source.query(`create table asked (id bigint primary key);
    insert into asked values (1), (2)`);
  const id = await create("asked");
  await run(id);
  await source.query("delete from asked where id = 1");
  const { runId } = await reimportTable(opened.deps, id, actor());
  expect(await ended(runId)).toMatchObject({ state: "succeeded", rowCount: 1 });
  expect((await contents("asked")).rows).toEqual([[2]]);
  expect(await messages(id)).toEqual([]);
});

test("a reimport condition takes all rows anew at the ticks where it holds, and at no others", async () => {
  await source.query(`create table ticked (id bigint primary key, name text);
    insert into ticked values (1, 'a')`);
  const { deps } = opened;
  const frequencyId = await insertFrequency(deps.db, {
    effectiveFrom: new Date("2026-01-01T00:00:00Z"),
    active: false,
  });
  await create("ticked", {
    frequencyId,
    reimportConditions: [{ days: [2] }],
  });
  await deps.db.execute(`update frequencies set active = true where id = ${frequencyId}`);
  const tick = async (day: number) => {
    const at = new Date(Date.UTC(2026, 0, day));
    const assembled = await assembleRun(deps, frequencyId, at);
    if (assembled.kind !== "started") throw new Error(`the tick was ${assembled.kind}`);
    const tableRun = await ended(assembled.runId);
    return { ...tableRun, imported: await importedBy(tableRun.id) };
  };
  expect((await tick(1)).imported).toBe("imported 1 row");
  await source.query("update ticked set name = 'A'; insert into ticked values (2, 'b')");
  expect(await tick(2)).toMatchObject({
    state: "succeeded",
    imported: "imported 2 rows, all of them anew, since a reimport condition held at the tick",
  });
  expect((await contents("ticked")).rows).toEqual([
    [1, "A"],
    [2, "b"],
  ]);
  await source.query("update ticked set name = 'Z'; insert into ticked values (3, 'c')");
  expect(await tick(3)).toMatchObject({ state: "succeeded", imported: "imported 1 row" });
  expect((await contents("ticked")).rows).toEqual([
    [1, "A"],
    [2, "b"],
    [3, "c"],
  ]);
});

test("where the table is gone from BigQuery, all rows are imported anew", async () => {
  await source.query("create table dropped (id serial, name text)");
  await source.query("insert into dropped (name) values ('a'), ('b')");
  const id = await create("dropped");
  await run(id);
  await dropTable("dropped");
  await source.query("insert into dropped (name) values ('c')");
  expect(await run(id)).toMatchObject({
    state: "succeeded",
    rowCount: 3,
    imported: "imported 3 rows, all of them anew, since the table was not in BigQuery any more",
  });
  expect((await contents("dropped")).rows).toHaveLength(3);
  expect(await run(id)).toMatchObject({ rowCount: 0, imported: "imported 0 rows" });
});

test("a source that is empty when all rows are taken anew may begin its ids anew", async () => {
  await source.query("create table emptied (id serial); insert into emptied values (default)");
  const id = await create("emptied");
  await run(id);
  await dropTable("emptied");
  await source.query("truncate emptied restart identity");
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 0 });
  await source.query("insert into emptied values (default)");
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 1 });
  expect((await contents("emptied")).rows).toEqual([[1]]);
});

test("an increment makes no table anew that is dropped before its load, and the next takes all rows", async () => {
  await source.query("create table torn (id serial); insert into torn values (default)");
  const id = await create("torn");
  await run(id);
  await source.query("insert into torn values (default)");
  const { warehouse } = opened.deps;
  const { insertJob } = warehouse;
  warehouse.insertJob = async (...job) => {
    await dropTable("torn");
    return insertJob(...job);
  };
  try {
    const failed = await run(id);
    expect(failed).toMatchObject({ state: "failed" });
    expect(failed.reason).toMatch(/Not found: Table .*torn/);
  } finally {
    warehouse.insertJob = insertJob;
  }
  expect(await opened.deps.warehouse.getTable("raw", "torn")).toBeNull();
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 2 });
});

test("columns that are altered while an import waits for writers are seen", async () => {
  await source.query("create table awaited (id serial, name text)");
  await source.query("insert into awaited (name) values ('a'), ('b')");
  const id = await create("awaited");
  await run(id);
  const writer = new pg.Client({ connectionString: source.connectionString });
  await writer.connect();
  try {
    await writer.query("begin; insert into awaited (name) values ('c')");
    await source.query("insert into awaited (name) values ('d')");
    const running = run(id);
    await until("the import waits", async () => {
      const waiting = await source.query(
        "select from pg_stat_activity where application_name = 'maestro import' and query like '%from pg_catalog.pg_locks%' and datname = current_database()",
      );
      return waiting.length > 0;
    });
    await writer.query("alter table awaited add column note text default 'old'; commit");
    const altered = await running;
    expect(altered).toMatchObject({ state: "succeeded", rowCount: 4 });
    expect(altered.imported).toMatch(/4 rows at the second try, all of them anew.*\(new note\)/);
  } finally {
    await writer.end();
  }
  expect((await contents("awaited")).rows).toEqual([
    [1, "a", "old"],
    [2, "b", "old"],
    [3, "c", "old"],
    [4, "d", "old"],
  ]);
});

test("columns are held against the table where nobody remembers those of the last import", async () => {
  await source.query("create table forgotten (id serial, name text)");
  await source.query("insert into forgotten (name) values ('a')");
  const id = await create("forgotten");
  await run(id);
  await opened.deps.db.delete(transfers).where(eq(transfers.tableId, id));
  await source.query("insert into forgotten (name) values ('b')");
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 1 });
  await opened.deps.db.delete(transfers).where(eq(transfers.tableId, id));
  await source.query("alter table forgotten add column note text default 'old'");
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 2 });
  expect((await contents("forgotten")).rows).toEqual([
    [1, "a", "old"],
    [2, "b", "old"],
  ]);
});

test("a table without columns is refused in words", async () => {
  await source.query("create table bare ()");
  const { state, reason } = await run(await create("bare", { idColumn: null }));
  expect(state).toBe("failed");
  expect(reason).toMatch(/bare has no columns: there is nothing to import/);
});

test.each([
  ["select id, n as ID from t", /"id" is there twice/],
  ['select id, n as "a b" from t', /"a b" is no name for BigQuery/],
  ["select id, _partitiontime from t", /begins as BigQuery's own names do/],
])("%s is refused when it is saved: BigQuery would refuse its columns", async (query, says) => {
  await expect(create("refused", { query, importTable: "" })).rejects.toThrow(says);
});

test("reimport conditions are for imports that go on from an id", async () => {
  const conditions = { reimportConditions: [{ days: [1] }] };
  await expect(create("plain", { ...conditions, idColumn: null })).rejects.toThrow(
    /without an id column every run imports all rows anyway/,
  );
  const summary = { dataset: "d", name: "s", kind: "summary" as const, query: "select 1 as n" };
  await expect(createTable(opened.deps, { ...summary, ...conditions }, actor())).rejects.toThrow(
    /reimportConditions is for imports/,
  );
});

test("what a table appends whole takes a new column, and has NULL where it was before", async () => {
  await source.query("create table piled (id bigint); insert into piled values (1)");
  const id = await create("piled", { idColumn: null, disposition: "append" });
  await run(id);
  await source.query("alter table piled add column note text default 'n'");
  expect(await run(id)).toMatchObject({ state: "succeeded" });
  expect((await contents("piled")).rows).toEqual(
    expect.arrayContaining([
      [1, null],
      [1, "n"],
    ]),
  );
});

test("an import after a sheet or an export still knows its columns", async () => {
  await source.query(`create table sheeted (id bigint primary key);
    insert into sheeted values (1)`);
  const id = await create("sheeted", { sheet: true });
  expect(await run(id)).toMatchObject({ state: "succeeded" });
  await source.query("alter table sheeted add column a int default 5");
  expect(await run(id)).toMatchObject({ state: "succeeded", rowCount: 1 });
  expect((await contents("sheeted")).rows).toEqual([[1, 5]]);
});
