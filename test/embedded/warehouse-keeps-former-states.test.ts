import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { ObjectFiles } from "../../server/embedded/object-store/object-files.ts";
import { changeWarehouse } from "../../server/embedded/warehouse/change-warehouse.ts";
import { compileQuery } from "../../server/embedded/warehouse/compile-query.ts";
import type { WarehouseContext } from "../../server/embedded/warehouse/context.ts";
import type { JobDocument } from "../../server/embedded/warehouse/job-resource.ts";
import { openWarehouse, type Warehouse } from "../../server/embedded/warehouse/open-warehouse.ts";
import { planQuery } from "../../server/embedded/warehouse/run-query-job.ts";
import { createSqlFrontEnd } from "../../server/embedded/warehouse/sql/front-end.ts";
import { sweepHistory } from "../../server/embedded/warehouse/sweep-history.ts";

const projectId = "p";
let directory: string;
let warehouse: Warehouse;
let context: WarehouseContext;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "maestro-test-warehouse-"));
  warehouse = await openWarehouse({
    directory: join(directory, "warehouse"),
    objects: await ObjectFiles.open(join(directory, "objects")),
    frontEnd: createSqlFrontEnd({ deadlineMs: 10_000 }),
    location: "US",
    limits: { memoryMb: 0, spillMb: 0, jobSeconds: 3600 },
    log: pino({ level: "silent" }),
    onFatal: () => undefined,
  });
  ({ context } = warehouse);
  await run("CREATE SCHEMA d");
});
afterAll(async () => {
  vi.useRealTimers();
  await warehouse.close();
  await rm(directory, { recursive: true, force: true });
});
/** Every change has an instant of its own. */
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));

function planOf(query: string) {
  const configuration = { query: { query, useLegacySql: false } };
  return planQuery(context, { projectId, configuration } as unknown as JobDocument);
}

async function run(query: string): Promise<number> {
  vi.setSystemTime(Date.now() + 10);
  const plan = await planOf(query);
  await changeWarehouse(context, [], (tx) => plan.execute(tx));
  vi.setSystemTime(Date.now() + 10);
  return Date.now();
}

const asOf = (table: string, at: number) =>
  `${table} FOR SYSTEM_TIME AS OF TIMESTAMP '${new Date(at).toISOString()}'`;

/** The numbers in column n. */
async function numbers(from: string, useLegacySql = false): Promise<number[]> {
  const configuration = { query: `SELECT n FROM ${from} ORDER BY n`, useLegacySql };
  const compiled = await compileQuery(context, projectId, configuration, new Date());
  const [statement] = compiled.statements;
  const rows = await context.database.rows(statement?.kind === "select" ? statement.sql : "");
  return rows.map(([n]) => Number(n));
}

test("a query of a former state holds the table, and is compiled again where a change moved that state", async () => {
  await run("CREATE TABLE d.moved AS SELECT 1 AS n");
  const at = await run("INSERT d.moved VALUES (2)");
  await run("INSERT d.moved VALUES (3)");
  const plan = await planOf(`SELECT n FROM ${asOf("d.moved", at)}`);
  expect(plan.locks).toEqual(["p.d.moved"]);
  await run("INSERT d.moved VALUES (4)");
  expect(plan.stillValid()).toBe(true);
  await run("UPDATE d.moved SET n = 7 WHERE TRUE");
  expect(plan.stillValid()).toBe(false);
  expect(await numbers(asOf("d.moved", at))).toEqual([1, 2]);
});

test("decorators of legacy SQL name a former state by its instant, or by how long ago it was", async () => {
  await run("CREATE TABLE d.decorated AS SELECT 1 AS n");
  const at = await run("INSERT d.decorated VALUES (2)");
  await run("DELETE FROM d.decorated WHERE n = 1");
  expect(await numbers("[p:d.decorated]", true)).toEqual([2]);
  expect(await numbers(`[p:d.decorated@${at}]`, true)).toEqual([1, 2]);
  expect(await numbers(`[d.decorated@${at - Date.now()}]`, true)).toEqual([1, 2]);
  expect(await numbers(`[d.decorated@${at}], [d.decorated]`, true)).toEqual([1, 2, 2]);
  await expect(numbers(`[d.decorated@${at - 60_000}]`, true)).rejects.toThrow(/Cannot read before/);
  await expect(numbers("[d.decorated@-999999999]", true)).rejects.toThrow(/Cannot read before/);
});

test("a transaction is told no former state of a table that another job changed after its BEGIN", async () => {
  await run("CREATE TABLE d.late AS SELECT 1 AS n");
  const before = await run("INSERT d.late VALUES (2)");
  await changeWarehouse(context, [], async (tx) => {
    const within = (at: number) => {
      const query = `SELECT n FROM ${asOf("d.late", at)}`;
      return compileQuery(context, projectId, { query }, new Date(), tx);
    };
    expect((await within(before)).statements).toHaveLength(1);
    const changed = await run("INSERT d.late VALUES (3)");
    const made = await run("CREATE TABLE d.later AS SELECT 1 AS n");
    await expect(within(before)).rejects.toThrow(/keeps no rows/);
    await expect(within(changed)).rejects.toThrow(/keeps no rows/);
    const query = `SELECT n FROM ${asOf("d.later", made)}`;
    await expect(compileQuery(context, projectId, { query }, new Date(), tx)).rejects.toThrow(
      /keeps no rows/,
    );
  });
  expect(await numbers(asOf("d.late", before))).toEqual([1, 2]);
});

test("of a table that is added to again and again the youngest thousand states are kept", async () => {
  await run("CREATE TABLE d.stream AS SELECT 0 AS n");
  const [first, name] = [Date.now(), { projectId, datasetId: "d", tableId: "stream" }];
  await changeWarehouse(context, [name], (tx) => {
    const document = tx.requireTable(name);
    for (let before = 1; before <= 998; before += 1) {
      const version = { document: { ...document, modifiedAt: 0 }, rows: 1, until: first - before };
      tx.changes.push({ kind: "version", name, until: version.until, document: version });
    }
  });
  const oldest = () => context.catalog.history.of(name)[0]?.until;
  await run("INSERT d.stream VALUES (1)");
  await run("INSERT d.stream VALUES (2)");
  expect([context.catalog.history.of(name).length, oldest()]).toEqual([1000, first - 998]);
  const at = await run("INSERT d.stream VALUES (3)");
  await run("INSERT d.stream VALUES (4)");
  expect([context.catalog.history.of(name).length, oldest()]).toEqual([1000, first - 996]);
  expect(await numbers(asOf("d.stream", at))).toEqual([0, 1, 2, 3]);
});

test("rows added to a large table that was rewritten do not copy it: the state before them is refused", async () => {
  await run("CREATE TABLE d.wide AS SELECT n FROM UNNEST(GENERATE_ARRAY(1, 100001)) AS n");
  const first = Date.now();
  const rewritten = await run("UPDATE d.wide SET n = 0 WHERE n = 7");
  await run("INSERT d.wide VALUES (8)");
  expect(await numbers(asOf("d.wide", first))).toHaveLength(100_001);
  await expect(numbers(asOf("d.wide", rewritten))).rejects.toThrow("keeps no rows");
});

test("former states that lie in one relation are counted once, and together forgotten", async () => {
  const name = { projectId, datasetId: "d", tableId: "shared" };
  await run("CREATE TABLE d.shared AS SELECT n FROM UNNEST(GENERATE_ARRAY(1, 100)) AS n");
  const first = Date.now();
  await run("INSERT d.shared VALUES (101)");
  await run("INSERT d.shared VALUES (102)");
  await run("UPDATE d.shared SET n = 0 WHERE TRUE");
  const forgotten = async (bytes: number) => {
    await sweepHistory(context, Date.now(), { ms: 1000, bytes });
    return 3 - context.catalog.history.of(name).length;
  };
  expect(await forgotten(102 * 8)).toBe(0);
  expect(await numbers(asOf("d.shared", first))).toHaveLength(100);
  expect(await forgotten(102 * 8 - 1)).toBe(3);
});

test("what an expired table was is not answered by its successor", async () => {
  const name = { projectId, datasetId: "d", tableId: "brief" };
  await run("CREATE TABLE d.brief AS SELECT 1 AS n");
  const at = await run("INSERT d.brief VALUES (2)");
  await run("INSERT d.brief VALUES (3)");
  await run(
    "ALTER TABLE d.brief SET OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR))",
  );
  vi.setSystemTime(Date.now() + 3_600_000);
  await run("CREATE TABLE d.brief AS SELECT 4 AS n");
  expect(context.catalog.history.of(name)).toEqual([]);
  await expect(numbers(asOf("d.brief", at))).rejects.toThrow("Cannot read before");
});
