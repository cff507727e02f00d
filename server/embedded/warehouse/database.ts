import { mkdir } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from "@duckdb/node-api";
import type { SqlFrontEnd } from "./contract.ts";
import { quoteText } from "./field-types.ts";

/**
 * The one DuckDB file: users' tables in the schema `data` under names of ours, our own in `meta`.
 * After opening, SQL reaches no file outside the given directories and no setting can be changed.
 */
export interface Database {
  /** Runs `body` on a connection of its own; connections are kept for the next caller. */
  use<T>(body: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  rows(sql: string, values?: DuckDBValue[]): Promise<DuckDBValue[][]>;
  close(): void;
}

const maxIdleConnections = 16;

export async function openDatabase(options: {
  directory: string;
  /** Directories that load and extract jobs read and write. */
  fileDirectories: string[];
  frontEnd: SqlFrontEnd;
}): Promise<Database> {
  await mkdir(options.directory, { recursive: true });
  const instance = await DuckDBInstance.create(join(options.directory, "warehouse.duckdb"));
  const first = await instance.connect();
  await first.run("CREATE SCHEMA IF NOT EXISTS data");
  await first.run("CREATE SCHEMA IF NOT EXISTS meta");
  await options.frontEnd.install(first);
  for (const setting of settings(options.directory, options.fileDirectories)) {
    await first.run(setting);
  }
  return poolOf(instance, first);
}

function settings(directory: string, fileDirectories: string[]): string[] {
  const memoryMb = Math.max(512, Math.floor((totalmem() * 0.4) / 2 ** 20));
  const allowed = fileDirectories.map((path) => quoteText(`${path}/`)).join(", ");
  return [
    `SET memory_limit = '${memoryMb}MB'`,
    `SET threads = ${availableParallelism()}`,
    `SET temp_directory = ${quoteText(join(directory, "spill"))}`,
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    `SET allowed_directories = [${allowed}]`,
    "SET enable_external_access = false",
    "SET lock_configuration = true",
  ];
}

function poolOf(instance: DuckDBInstance, first: DuckDBConnection): Database {
  const idle = [first];
  const use: Database["use"] = async (body) => {
    const connection = idle.pop() ?? (await instance.connect());
    try {
      return await body(connection);
    } finally {
      if (idle.length < maxIdleConnections) idle.push(connection);
      else connection.closeSync();
    }
  };
  return {
    use,
    rows: (sql, values) =>
      use(async (connection) => (await connection.run(sql, values ?? [])).getRows()),
    close() {
      for (const connection of idle) connection.closeSync();
      instance.closeSync();
    },
  };
}
