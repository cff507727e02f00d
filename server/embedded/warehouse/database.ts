import { mkdir, rm, statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBMaterializedResult,
  type DuckDBValue,
} from "@duckdb/node-api";
import type { SqlFrontEnd } from "./contract.ts";
import { quoteText } from "./field-types.ts";
import type { WarehouseLimits } from "./job-limits.ts";

/**
 * The one DuckDB file: users' tables in the schema `data` under names of ours, our own in `meta`.
 * After opening, SQL reaches no file outside the given directories and no setting can be changed.
 */
export interface Database {
  /** Runs `body` on a connection of its own; connections are kept for the next caller. */
  use<T>(body: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  rows(sql: string, values?: DuckDBValue[]): Promise<DuckDBValue[][]>;
  /** MiB that DuckDB may take. */
  memoryMb: number;
  close(): void;
}

const maxIdleConnections = 16;

export async function openDatabase(options: {
  directory: string;
  /** Directories that load and extract jobs read and write. */
  fileDirectories: string[];
  frontEnd: SqlFrontEnd;
  limits: Pick<WarehouseLimits, "memoryMb" | "spillMb">;
}): Promise<Database> {
  await mkdir(options.directory, { recursive: true });
  const spillDirectory = join(options.directory, "spill");
  // A killed process leaves its own behind.
  await rm(spillDirectory, { recursive: true, force: true });
  const memoryMb = options.limits.memoryMb || defaultMemoryMb();
  const spillMb = options.limits.spillMb || (await defaultSpillMb(options.directory));
  const instance = await DuckDBInstance.create(join(options.directory, "warehouse.duckdb"));
  const first = await instance.connect();
  await first.run("CREATE SCHEMA IF NOT EXISTS data");
  await first.run("CREATE SCHEMA IF NOT EXISTS meta");
  await options.frontEnd.install(first);
  const allowed = options.fileDirectories.map((path) => quoteText(`${path}/`)).join(", ");
  const settings = [
    `SET memory_limit = '${memoryMb}MiB'`,
    `SET threads = ${availableParallelism()}`,
    `SET temp_directory = ${quoteText(spillDirectory)}`,
    `SET max_temp_directory_size = '${spillMb}MiB'`,
    // Memory goes back to the system soon after a query.
    "SET allocator_background_threads = true",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    `SET allowed_directories = [${allowed}]`,
    "SET enable_external_access = false",
    "SET lock_configuration = true",
  ];
  for (const setting of settings) await first.run(setting);
  return { ...poolOf(instance, first), memoryMb };
}

function defaultMemoryMb(): number {
  // A container may have less than the machine.
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.max(512, Math.floor((bytes * 0.4) / 2 ** 20));
}

async function defaultSpillMb(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return Math.max(1, Math.floor((bavail * bsize) / 2 ** 21));
}

function poolOf(
  instance: DuckDBInstance,
  first: DuckDBConnection,
): Pick<Database, "use" | "rows" | "close"> {
  const idle = [first];
  const use: Database["use"] = async (body) => {
    const connection = idle.pop() ?? (await instance.connect());
    try {
      const result = await body(connection);
      if (idle.length < maxIdleConnections) idle.push(connection);
      else connection.closeSync();
      return result;
    } catch (error) {
      // It may have been left in the middle of something.
      connection.closeSync();
      throw error;
    }
  };
  return {
    use,
    rows: (sql, values) => use(async (connection) => rowsOf(await connection.run(sql, values))),
    close() {
      for (const connection of idle) connection.closeSync();
      instance.closeSync();
    },
  };
}

/** All rows at once: DuckDB's binding would fetch each batch of them, and that there is no more, by a call. */
export function rowsOf(result: DuckDBMaterializedResult): DuckDBValue[][] {
  return Array.from({ length: result.chunkCount }, (_, i) => result.getChunk(i).getRows()).flat();
}
