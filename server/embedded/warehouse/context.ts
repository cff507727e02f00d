import type { Log } from "../../support/log.ts";
import type { NamedLocks } from "../locks.ts";
import type { ObjectFiles } from "../object-store/object-files.ts";
import type { Catalog } from "./catalog.ts";
import type { SqlFrontEnd, TableName } from "./contract.ts";
import type { Database } from "./database.ts";
import type { JobError, ScriptResult } from "./job-resource.ts";
import type { JobStore } from "./job-store.ts";
import type { StatisticsCache } from "./table-statistics.ts";
import type { WarehouseTransaction } from "./transaction.ts";

/** Where files that come with load jobs lie until the job is done; no client's bucket is called so. */
export const loadUploadsBucket = "maestro.load.uploads";

/** What the jobs and the routes of the local warehouse work with. */
export interface WarehouseContext {
  database: Database;
  catalog: Catalog;
  jobs: JobStore;
  statistics: StatisticsCache;
  frontEnd: SqlFrontEnd;
  objects: ObjectFiles;
  /** By table: who writes to one holds its lock. */
  locks: NamedLocks;
  /** Where DuckDB puts files before they become objects. */
  stagingDirectory: string;
  location: string;
  log: Log;
}

/** A job made ready: what it writes to, and how. */
export interface JobPlan {
  /** Keys of the tables it changes; held against other writers while it runs. */
  locks: string[];
  /** False where a table it writes was changed since the plan was made. */
  stillValid(): boolean;
  execute(tx: WarehouseTransaction): Promise<JobResult>;
}

export interface JobResult {
  /** Merged into the job's statistics. */
  statistics: Record<string, unknown>;
  /** Where a query's rows are, for getQueryResults. */
  destinationTable?: TableName;
  /** The value of a script's expression, as DuckDB's SQL. */
  value?: string;
  /** A script's. */
  lastResult?: ScriptResult;
  /** Bad records that were let pass. */
  errors?: JobError[];
}
