import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { tables } from "../../../drizzle/schema/tables.ts";
import { type TransferResult, transfers } from "../../../drizzle/schema/transfers.ts";
import { type Room, startRoom } from "../../../server/daemon/room.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import { cancelTransfer } from "../../../server/services/transfers/cancel-transfer.ts";
import { enqueueTransfers } from "../../../server/services/transfers/enqueue-transfers.ts";
import { finishImport } from "../../../server/services/transfers/finish-import.ts";
import { removeStagedObjects } from "../../../server/services/transfers/remove-staged-objects.ts";
import type { TableDefinitionInput } from "../../../shared/table.ts";
import { createSourceDatabase, type SourceDatabase } from "../../connectors/support.ts";
import { insertImportTable, insertTableRun } from "./fixture.ts";
import { createFolderStore } from "./folder-store.ts";
import { actor, openTransferDeps } from "./support.ts";

let opened: Awaited<ReturnType<typeof openTransferDeps>>;
let source: SourceDatabase;
let folder: string;
let databaseId: number;
const rooms: Room[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  source = await createSourceDatabase();
  await source.query(`create table big as
    select i as id, 'row ' || i as name, md5(i::text) || md5((i + 1)::text) as noise
    from generate_series(1, 200000) i`);
});
afterAll(() => source.drop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maestro-test-bucket-"));
  opened = await openTransferDeps(createFolderStore(folder));
  const input = { name: "source", ...source.address };
  databaseId = (await createDatabase(opened.deps, input, actor)).id;
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(rooms.splice(0).map((room) => room.stop()));
  await opened.close();
  await rm(folder, { recursive: true, force: true });
});

async function importTable(input: Partial<TableDefinitionInput>) {
  const table = await insertImportTable(opened.client, { importDatabaseId: databaseId, ...input });
  return { ...table, run: () => enqueue(table) };
}

async function enqueue(table: Awaited<ReturnType<typeof insertImportTable>>) {
  const tableRun = await insertTableRun(opened.client, table);
  await enqueueTransfers(opened.deps.db, [tableRun]);
  opened.deps.changes.publish({ noun: "transfer", id: null });
  return tableRun;
}

function openRoom(drainSeconds = 0): Room {
  const room = startRoom(opened.deps, { concurrency: 2, drainSeconds });
  rooms.push(room);
  return room;
}

async function forkRoom(stallAfter = "-"): Promise<ChildProcess> {
  const child = fork(
    join(import.meta.dirname, "room-process.ts"),
    [opened.client.connectionString, folder, stallAfter],
    { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] },
  );
  children.push(child);
  await once(child, "message");
  return child;
}

async function transferOf(tableRunId: number) {
  const [row] = await opened.deps.db
    .select()
    .from(transfers)
    .where(eq(transfers.tableRunId, tableRunId));
  return { ...row!, result: row!.result as TransferResult | null };
}

function untilState(tableRunId: number, state: string) {
  return vi.waitUntil(
    async () => {
      const row = await transferOf(tableRunId);
      return row.state === state ? row : undefined;
    },
    { timeout: 40_000, interval: 25 },
  );
}

async function readObjects(names: string[]) {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const list = names.map((name) => `'${join(folder, "objects", name)}'`).join(", ");
  const reader = await connection.runAndReadAll(
    `select count(*) as n, count(distinct id) as ids, sum(id) as total, bit_xor(hash(name, noise)) is not null as ok
     from read_parquet([${list}])`,
  );
  const [row] = reader.getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return { rows: Number(row![0]), ids: Number(row![1]), total: Number(row![2]) };
}

const whole = { rows: 200_000, ids: 200_000, total: (200_000 * 200_001) / 2 };

test("a room imports a table: staged once, whole, with its schema", async () => {
  const { run } = await importTable({ importTable: "public.big" });
  openRoom();
  const tableRun = await run();
  const row = await untilState(tableRun.id, "succeeded");
  expect(row.result).toMatchObject({
    format: "PARQUET",
    rows: 200_000,
    lastId: null,
    fromLastId: null,
    schema: [
      { name: "id", type: "INT64", mode: "NULLABLE" },
      { name: "name", type: "STRING", mode: "NULLABLE" },
      { name: "noise", type: "STRING", mode: "NULLABLE" },
    ],
  });
  expect(row).toMatchObject({ rows: 200_000, attempt: 1, leaseOwner: null });
  expect(row.statement).toMatch(/^select .*from "public"."big"/is);
  const objects = await opened.deps.objectStore.list("");
  expect(objects.map(({ name }) => name)).toEqual(row.result!.objects);
  expect(row.bytes).toBe(objects.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(await readObjects(row.result!.objects)).toEqual(whole);
  await removeStagedObjects(opened.deps, tableRun.id);
  expect(await opened.deps.objectStore.list("")).toEqual([]);
});

test("a room killed while it reads the source loses nothing: another goes on", async () => {
  const { run } = await importTable({ importTable: "big" });
  const lock = await holdLock("big");
  const child = await forkRoom();
  const tableRun = await run();
  await untilState(tableRun.id, "running");
  await untilBlocked();
  child.kill("SIGKILL");
  await once(child, "exit");
  await lock.release();
  expect(await opened.deps.objectStore.list("")).toEqual([]);
  await expireLeases();
  openRoom();
  const row = await untilState(tableRun.id, "succeeded");
  expect(row.attempt).toBe(2);
  expect(await readObjects(row.result!.objects)).toEqual(whole);
});

test("a room killed in the middle of its upload leaves nothing half visible", async () => {
  const { run } = await importTable({ importTable: "big" });
  const child = await forkRoom("100000");
  const tableRun = await run();
  await vi.waitUntil(async () => (await transferOf(tableRun.id)).rows === 200_000, {
    timeout: 40_000,
    interval: 25,
  });
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await opened.deps.objectStore.list("")).toEqual([]);
  await expireLeases();
  openRoom();
  const row = await untilState(tableRun.id, "succeeded");
  const objects = await opened.deps.objectStore.list("");
  expect(objects.map(({ name }) => name)).toEqual(row.result!.objects);
  expect(row.result!.objects[0]).toContain(`/${row.fence}/`);
  expect(await readObjects(row.result!.objects)).toEqual(whole);
});

test("SIGTERM hands back what a room has, at once and without an attempt", async () => {
  const { run } = await importTable({ importTable: "big" });
  const lock = await holdLock("big");
  const child = await forkRoom();
  const tableRun = await run();
  await untilState(tableRun.id, "running");
  await untilBlocked();
  child.kill("SIGTERM");
  const row = await untilState(tableRun.id, "queued");
  expect(row).toMatchObject({ attempt: 0, leaseOwner: null, leaseUntil: null });
  await once(child, "exit");
  await lock.release();
  openRoom();
  expect((await untilState(tableRun.id, "succeeded")).attempt).toBe(1);
});

test("a running import is cancelled while its source makes it wait", async () => {
  const { run } = await importTable({ importTable: "big" });
  const lock = await holdLock("big");
  openRoom();
  const tableRun = await run();
  const { id } = await untilState(tableRun.id, "running");
  await untilBlocked();
  await cancelTransfer(opened.deps, id, { userId: null, name: "ann@test" });
  await untilState(tableRun.id, "cancelled");
  await lock.release();
  expect(await opened.deps.objectStore.list("")).toEqual([]);
});

test("a fault of the source ends the transfer with what is wrong; a passing one is tried again", async () => {
  openRoom();
  const absent = await (await importTable({ importTable: "absent" })).run();
  expect((await untilState(absent.id, "failed")).error).toMatch(/no table "absent"/);
  const column = await (await importTable({ query: "select nothing from big" })).run();
  expect((await untilState(column.id, "failed")).error).toMatch(/no column nothing/);
  const named = await (await importTable({ query: 'select id as "a b" from big' })).run();
  expect((await untilState(named.id, "failed")).error).toMatch(/"a b" is no name for BigQuery/);
  const row = await (await importTable({ query: "select b.big from big as b" })).run();
  expect((await untilState(row.id, "failed")).error).toMatch(/no column big/);

  const refusing = { name: "refusing", kind: "postgres" as const, mayImport: true };
  const { id } = await createDatabase(
    opened.deps,
    { ...refusing, ...source.address, port: 1 },
    actor,
  );
  const passing = await (await importTable({ importTable: "big", importDatabaseId: id })).run();
  const handed = await vi.waitUntil(
    async () => {
      const found = await transferOf(passing.id);
      return found.state === "queued" && found.attempt === 1 ? found : undefined;
    },
    { timeout: 20_000, interval: 25 },
  );
  expect(handed.error).toMatch(/nothing listens/);
  expect(handed.leaseUntil!.getTime()).toBeGreaterThan(Date.now() - 1_000);
});

test("a value that BigQuery cannot hold fails the import before anything is staged", async () => {
  await source.query("create table until (id int, valid_to date)");
  await source.query("insert into until values (1, '2024-01-01'), (2, 'infinity')");
  openRoom();
  const tableRun = await (await importTable({ importTable: "until" })).run();
  const row = await untilState(tableRun.id, "failed");
  expect(row.error).toMatch(/column valid_to holds infinity.*valid_to::text/);
  expect(row.attempt).toBe(1);
  expect(await opened.deps.objectStore.list("")).toEqual([]);
});

test("increments read each row once, whoever commits late", async () => {
  await source.query(
    "create table orders (id bigint generated always as identity, name text, noise text)",
  );
  await source.query("insert into orders (name) select 'first' from generate_series(1, 10)");
  const table = await importTable({ importTable: "orders", idColumn: "id" });
  openRoom();
  const step = async () => {
    const tableRun = await table.run();
    const row = await untilState(tableRun.id, "succeeded");
    await finish(tableRun, row.result!);
    return row.result!;
  };
  expect(await step()).toMatchObject({ rows: 10, fromLastId: null, lastId: "10" });

  // 11 is taken and not committed; 12 is committed.
  const late = await holdTransaction("insert into orders (name) values ('late')");
  await source.query("insert into orders (name) values ('early')");
  const waiting = await table.run();
  await untilState(waiting.id, "running");
  await vi.waitUntil(() => isPollingLocks(), { timeout: 20_000, interval: 25 });
  // A writer that comes later is not waited for, and not read: its id is above the bound.
  const later = await holdTransaction("insert into orders (name) values ('later')");
  await late.commit();
  const second = (await untilState(waiting.id, "succeeded")).result!;
  expect(second).toMatchObject({ rows: 2, fromLastId: "10", lastId: "12" });
  await finish(waiting, second);
  await later.commit();
  expect(await step()).toMatchObject({ rows: 1, fromLastId: "12", lastId: "13" });
  expect(await step()).toMatchObject({ rows: 0, fromLastId: "13", lastId: "13" });
  const [row] = await opened.deps.db.select().from(tables).where(eq(tables.id, table.tableId));
  expect(row).toMatchObject({ lastId: "13", importedAt: expect.any(Date) });
});

test("an increment is refused where rows could be lost", async () => {
  await source.query(`create table cached (id bigint, a int); create sequence cached_ids cache 10 owned by cached.id;
    alter table cached alter id set default nextval('cached_ids');
    create table gaps (id bigint, a int); insert into gaps values (1, 1), (null, 2);
    create table texts_id (id text)`);
  openRoom();
  const failure = async (importTableName: string, idColumn = "id") => {
    const table = await importTable({ importTable: importTableName, idColumn });
    const tableRun = await table.run();
    return (await untilState(tableRun.id, "failed")).error;
  };
  expect(await failure("cached")).toMatch(/CACHE/);
  expect(await failure("gaps")).toMatch(/rows whose id is NULL/);
  expect(await failure("texts_id")).toMatch(/the id column id is text/);
  expect(await failure("gaps", "absent")).toMatch(/no column absent/);
});

test("a watermark that was reset while the import ran stays reset", async () => {
  await source.query("create table resets as select i as id from generate_series(1, 5) i");
  const table = await importTable({ importTable: "resets", idColumn: "id" });
  openRoom();
  const first = await table.run();
  const { result } = await untilState(first.id, "succeeded");
  await finish(first, result!);
  await source.query("insert into resets values (6)");
  const second = await table.run();
  const increment = await untilState(second.id, "succeeded");
  expect(increment.result).toMatchObject({ rows: 1, fromLastId: "5", lastId: "6" });
  await opened.deps.db.update(tables).set({ lastId: null }).where(eq(tables.id, table.tableId));
  await finish(second, increment.result!);
  const third = await table.run();
  expect((await untilState(third.id, "succeeded")).result).toMatchObject({
    rows: 6,
    fromLastId: null,
    lastId: "6",
  });
});

test("a watermark counts for the project alone that its rows were imported into", async () => {
  await source.query("create table places as select i as id from generate_series(1, 3) i");
  const table = await importTable({ importTable: "places", idColumn: "id" });
  const clouds = { ...opened.deps.clouds, at: () => opened.deps };
  rooms.push(startRoom({ ...opened.deps, clouds }, { concurrency: 2, drainSeconds: 0 }));
  const step = async (projectId: string) => {
    const place = { isLocal: projectId === "", projectId, location: "US", bucket: "b" };
    const json = sql.raw(`'${JSON.stringify(place)}'::jsonb`);
    await opened.deps.db.execute(sql`alter table runs alter cloud set default ${json}`);
    const tableRun = await table.run();
    const { result } = await untilState(tableRun.id, "succeeded");
    await finish(tableRun, result!);
    return result!;
  };
  await step("project-a");
  expect(await step("project-a")).toMatchObject({ rows: 0, fromLastId: "3" });
  await source.query("insert into places values (4)");
  expect(await step("project-b")).toMatchObject({ rows: 4, fromLastId: null, anew: "moved" });
  await source.query("insert into places values (5)");
  expect(await step("project-b")).toMatchObject({ rows: 1, fromLastId: "4" });
  // Of an older Maestro: it is where the last import was.
  await opened.deps.db.update(tables).set({ lastIdPlace: null });
  expect(await step("")).toMatchObject({ rows: 5, fromLastId: null, anew: "moved" });
  await opened.deps.db.update(tables).set({ lastIdPlace: null });
  await opened.deps.db.update(runs).set({ cloud: null });
  expect(await step("project-b")).toMatchObject({ rows: 0, fromLastId: "5" });
});

test("an increment whose columns changed is imported whole again", async () => {
  await source.query("create table grows as select i as id from generate_series(1, 3) i");
  const table = await importTable({ importTable: "grows", idColumn: "id" });
  openRoom();
  const first = await table.run();
  await finish(first, (await untilState(first.id, "succeeded")).result!);
  await source.query("alter table grows add column name text; insert into grows values (4, 'x')");
  const second = await table.run();
  const again = (await untilState(second.id, "succeeded")).result!;
  expect(again).toMatchObject({ rows: 4, fromLastId: null, watermark: "3", lastId: "4" });
  await finish(second, again);
  const third = await table.run();
  expect((await untilState(third.id, "succeeded")).result).toMatchObject({
    rows: 0,
    fromLastId: "4",
  });
});

test("a table that was edited while its import ran is not marked as imported so far", async () => {
  await source.query("create table edits as select i as id from generate_series(1, 3) i");
  const table = await importTable({ importTable: "edits", idColumn: "id" });
  openRoom();
  const tableRun = await table.run();
  const { result } = await untilState(tableRun.id, "succeeded");
  const isTable = eq(tables.id, table.tableId);
  await opened.deps.db.update(tables).set({ query: "select id from edits" }).where(isTable);
  await finish(tableRun, result!);
  const [row] = await opened.deps.db.select().from(tables).where(isTable);
  expect(row).toMatchObject({ lastId: null, importedAt: expect.any(Date) });
});

/** What the engine does when the load has succeeded. */
async function finish(tableRun: { id: number; tableId: number }, result: TransferResult) {
  await opened.deps.db.transaction(async (tx) => {
    await finishImport(tx, tableRun, { result });
    await tx.update(tableRuns).set({ state: "succeeded" }).where(eq(tableRuns.id, tableRun.id));
  });
}

const expireLeases = () =>
  opened.deps.db.update(transfers).set({ leaseUntil: sql`now() - interval '1 second'` });

async function holdLock(table: string) {
  const held = await holdTransaction(`lock table ${table} in access exclusive mode`);
  return { release: held.commit };
}

async function holdTransaction(statement: string) {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: source.connectionString });
  await client.connect();
  await client.query("begin");
  await client.query(statement);
  return {
    async commit() {
      await client.query("commit");
      await client.end();
    },
  };
}

const untilBlocked = () =>
  vi.waitUntil(
    async () =>
      (
        await source.query(
          "select from pg_stat_activity where application_name = 'maestro import' and wait_event_type = 'Lock'",
        )
      ).length > 0,
    { timeout: 20_000, interval: 25 },
  );

const isPollingLocks = async () =>
  (
    await source.query(
      "select from pg_stat_activity where application_name = 'maestro import' and query like '%pg_locks%'",
    )
  ).length > 0;
