import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Log } from "../../support/log.ts";
import { NamedLocks } from "../locks.ts";
import type { ObjectFiles } from "../object-store/object-files.ts";
import { Catalog } from "./catalog.ts";
import type { WarehouseContext } from "./context.ts";
import type { SqlFrontEnd } from "./contract.ts";
import { openDatabase } from "./database.ts";
import type { WarehouseLimits } from "./job-limits.ts";
import { JobRunner } from "./job-runner.ts";
import { JobStore } from "./job-store.ts";
import { startMemoryGuard } from "./memory-guard.ts";
import { startSweeper } from "./sweeper.ts";
import { StatisticsCache } from "./table-statistics.ts";

export interface Warehouse {
  context: WarehouseContext;
  runner: JobRunner;
  close(): Promise<void>;
}

/** Opens the file, starts again what a kill interrupted, and keeps expired tables out. */
export async function openWarehouse(options: {
  directory: string;
  objects: ObjectFiles;
  frontEnd: SqlFrontEnd;
  location: string;
  limits: WarehouseLimits;
  log: Log;
  onFatal: (error: unknown) => void;
}): Promise<Warehouse> {
  const { directory, objects, frontEnd, location, limits, log } = options;
  const stagingDirectory = join(directory, "staging");
  await rm(stagingDirectory, { recursive: true, force: true });
  await mkdir(stagingDirectory, { recursive: true });
  const fileDirectories = [stagingDirectory, objects.directory];
  const database = await openDatabase({ directory, fileDirectories, frontEnd, limits });
  const context: WarehouseContext = {
    database,
    catalog: await Catalog.open(database),
    jobs: await JobStore.open(database),
    statistics: new StatisticsCache(database),
    locks: new NamedLocks(),
    frontEnd,
    objects,
    stagingDirectory,
    location,
    log,
  };
  const concurrency = Math.max(4, availableParallelism() * 2);
  const { jobSeconds } = limits;
  const runner = new JobRunner({ context, concurrency, jobSeconds, onFatal: options.onFatal });
  runner.resume();
  const sweeper = startSweeper(context);
  const guard = startMemoryGuard(runner, database.memoryMb);
  return {
    context,
    runner,
    async close() {
      await sweeper.stop();
      guard.stop();
      await runner.stop();
      await frontEnd.close();
      database.close();
    },
  };
}
