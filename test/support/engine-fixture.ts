import { eq } from "drizzle-orm";
import { jobs, runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { tables } from "../../drizzle/schema/tables.ts";
import { type Engine, startEngine, startRunner } from "../../server/daemon/engine.ts";
import { createTestDatabase } from "./database.ts";
import { connectWarehouse, createEngineDeps, type EngineDeps } from "./engine-deps.ts";
import { startNullWarehouse } from "./null-warehouse.ts";
import { until } from "./until.ts";

/** A database, a null warehouse, and as many engines over them as a test starts. */
export async function openEngineFixture(limits?: Partial<EngineDeps["limits"]>) {
  const database = await createTestDatabase();
  const warehouse = await startNullWarehouse();
  const engines: { deps: EngineDeps; engine: Engine }[] = [];
  const options = {
    connectionString: database.connectionString,
    warehouse: await connectWarehouse(warehouse.url),
    ...(limits ? { limits } : {}),
  };
  const deps = createEngineDeps({ ...options, processId: "test" });
  const fixture = {
    deps,
    db: deps.db,
    warehouse,
    connectionString: database.connectionString,
    /** Without ticks, only what the test starts is run. */
    start({ ticks = true } = {}): Engine {
      const processId = `engine ${engines.length + 1}`;
      const own = createEngineDeps({ ...options, processId });
      own.random = () => deps.random();
      // All daemons see one bucket.
      own.objectStore = deps.objectStore;
      own.slack = deps.slack;
      own.givenSettings = deps.givenSettings;
      const engine = ticks ? startEngine(own) : startRunner(own);
      engines.push({ deps: own, engine });
      return engine;
    },
    async runEnded(runId: number, timeoutMs?: number) {
      const run = async () =>
        (await deps.db.select().from(runs).where(eq(runs.id, runId)))[0] ?? null;
      await until(`run ${runId} ended`, async () => (await run())?.endedAt != null, timeoutMs);
      return (await run())!;
    },
    /** By table name. */
    async tableRunsOf(runId: number) {
      const rows = await deps.db
        .select({ row: tableRuns, name: tables.name })
        .from(tableRuns)
        .innerJoin(tables, eq(tables.id, tableRuns.tableId))
        .where(eq(tableRuns.runId, runId));
      return new Map(rows.map(({ row, name }) => [name, row]));
    },
    async statesOf(runId: number) {
      const rows = await fixture.tableRunsOf(runId);
      return Object.fromEntries([...rows].map(([name, row]) => [name, row.state]).sort());
    },
    jobs: () => deps.db.select().from(jobs).orderBy(jobs.id),
    async close() {
      for (const { engine, deps: own } of engines) {
        await engine.stop();
        await own.close();
      }
      await deps.close();
      await warehouse.close();
      await database.drop();
    },
  };
  return fixture;
}

export type EngineFixture = Awaited<ReturnType<typeof openEngineFixture>>;
