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
async function numbers(from: string): Promise<number[]> {
  const query = `SELECT n FROM ${from} ORDER BY n`;
  const compiled = await compileQuery(context, projectId, { query }, new Date());
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
