import { fork } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../../server/embedded/postgres.ts";
import {
  connectWarehouse,
  createEngineDeps,
  type EngineDeps,
} from "../../test/support/engine-deps.ts";

export interface BenchJob {
  table: string;
  insertedAt: number;
  doneAt: number;
}

export interface Setting {
  deps: EngineDeps;
  warehouseUrl: string;
  /** The jobs since the last call, in the order of their insertion; forgets them. */
  takeJobs(): Promise<BenchJob[]>;
  close(): Promise<void>;
}

/** A PostgreSQL of its own with its defaults (every commit is on the disk), and a null warehouse. */
export async function openSetting(options: {
  concurrency: number;
  settings?: string[];
}): Promise<Setting> {
  const directory = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  await chmod(directory, 0o755);
  const log = pino({ level: "silent" });
  const settings = options.settings ?? [];
  const postgres = await startEmbeddedPostgres({ directory, log, settings });
  await ensureDatabase(postgres, "bench");
  const connectionString = postgres.connectionString("bench");
  await migrateDatabase(connectionString);
  const warehouse = fork(new URL("./warehouse-process.ts", import.meta.url));
  const answer = <T>() => new Promise<T>((resolve) => warehouse.once("message", resolve));
  const { url } = await answer<{ url: string }>();
  const limits = {
    concurrentTableRuns: options.concurrency,
    concurrentTableRunsPerRun: options.concurrency,
  };
  const deps = createEngineDeps({
    connectionString,
    warehouse: await connectWarehouse(url),
    limits,
  });
  return {
    deps,
    warehouseUrl: url,
    async takeJobs() {
      const taken = answer<{ jobs: BenchJob[] }>();
      warehouse.send("take");
      return (await taken).jobs;
    },
    async close() {
      await deps.close();
      warehouse.kill();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
