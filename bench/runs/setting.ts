import { fork } from "node:child_process";
import { rmSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createDbClient, type DbClient } from "../../server/db/client.ts";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../../server/embedded/postgres.ts";

export interface BenchJob {
  /** `dataset.table`. */
  table: string;
  step: string;
  /** By the warehouse's clock, in milliseconds. */
  insertedAt: number;
  doneAt: number;
}

/** What every contestant's process is given. */
export interface Surroundings {
  connectionString: string;
  warehouseUrl: string;
}

export interface Setting {
  surroundings: Surroundings;
  db: DbClient["db"];
  pool: DbClient["pool"];
  /** Its own database on the same server, for a contestant that is not Maestro. */
  openDatabase(name: string): Promise<Surroundings>;
  /** The jobs since the last call, in the order of their insertion; forgets them. */
  takeJobs(): Promise<BenchJob[]>;
  close(): Promise<void>;
}

/** A PostgreSQL of its own with its defaults (every commit is on the disk), and a null warehouse. */
export async function openSetting(settings: string[]): Promise<Setting> {
  const directory = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  await chmod(directory, 0o755);
  process.once("exit", () => discard(directory));
  const log = pino({ level: "silent" });
  const postgres = await startEmbeddedPostgres({ directory, log, settings });
  const warehouse = fork(new URL("./warehouse-process.ts", import.meta.url));
  const answer = <T>() => new Promise<T>((resolve) => warehouse.once("message", resolve));
  const { url: warehouseUrl } = await answer<{ url: string }>();
  const openDatabase = async (name: string) => {
    await ensureDatabase(postgres, name);
    return { connectionString: postgres.connectionString(name), warehouseUrl };
  };
  const surroundings = await openDatabase("bench");
  const { connectionString } = surroundings;
  await migrateDatabase(connectionString);
  const client = createDbClient({ connectionString, poolSize: 2, applicationName: "bench" });
  return {
    surroundings,
    db: client.db,
    pool: client.pool,
    openDatabase,
    async takeJobs() {
      const taken = answer<{ jobs: BenchJob[] }>();
      warehouse.send("take");
      return (await taken).jobs;
    },
    async close() {
      await client.close();
      warehouse.disconnect();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** After a kill or a fault, at once: its server is told to stop at the same time. */
function discard(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch {
    // The server still wrote.
  }
}
