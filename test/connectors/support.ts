import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import pg from "pg";
import { type DatabaseAddress, preferTls } from "../../server/connectors/database-address.ts";
import { openPostgresSource } from "../../server/connectors/postgres-source.ts";
import { type StagedFile, stageRows } from "../../server/connectors/staging-file.ts";
import type { FileFormat } from "../../shared/table.ts";
import { createEmptyDatabase } from "../support/database.ts";

export function addressOf(connectionString: string): DatabaseAddress {
  const url = new URL(connectionString);
  return {
    kind: "postgres",
    tls: preferTls,
    host: url.hostname,
    port: Number(url.port),
    database: url.pathname.slice(1),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

export interface SourceDatabase {
  address: DatabaseAddress;
  connectionString: string;
  query(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

export async function createSourceDatabase(): Promise<SourceDatabase> {
  const database = await createEmptyDatabase();
  const pool = new pg.Pool({ connectionString: database.connectionString, max: 4 });
  pool.on("error", () => undefined);
  return {
    address: addressOf(database.connectionString),
    connectionString: database.connectionString,
    query: async (text, values) => (await pool.query(text, values)).rows,
    async drop() {
      await pool.end();
      await database.drop();
    },
  };
}

export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-staging-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export const nullMarker = "~null 5f0c~";

/** Stages a SELECT and reads the file back: by DuckDB, every value as its text. */
export async function stageAndRead(source: SourceDatabase, select: string) {
  return withDirectory(async (directory) => {
    const staged = await stage(source, select, directory);
    return { ...staged, table: await readStaged(staged.file) };
  });
}

export async function stage(source: SourceDatabase, select: string, directory: string) {
  const connection = await openPostgresSource(source.address, {
    statementTimeoutSeconds: 60,
    signal: new AbortController().signal,
  });
  try {
    await connection.begin();
    const { columns } = await connection.describe(select);
    const stream = connection.rows(select, columns);
    const files: StagedFile[] = [];
    const staged = await stageRows({
      stream,
      columns,
      directory,
      nullMarker,
      onFile: async (file) => void files.push(file),
    }).catch((error) => {
      throw connection.describeFault(error);
    });
    const [file] = files;
    if (!file) throw new Error("nothing was staged");
    return { file: { ...file, format: staged.format }, files, columns, stream };
  } finally {
    await connection.close();
  }
}

async function readStaged(file: StagedFile & { format: FileFormat }) {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const readers = {
    PARQUET: `read_parquet('${file.path}')`,
    CSV: `read_csv('${file.path}', header = false, all_varchar = true, auto_detect = false,
      columns = {}, nullstr = '${nullMarker}', quote = '"', escape = '"', delim = ',')`,
    NEWLINE_DELIMITED_JSON: `read_json('${file.path}', format = 'newline_delimited')`,
  };
  const reader = await connection.runAndReadAll(`select * from ${readers[file.format]}`);
  // The binding decodes texts without their byte order marks; their lengths tell.
  const [first] = reader.columnNames();
  const measured = await connection.runAndReadAll(
    `select octet_length(encode("${first}"::varchar)) from ${readers[file.format]}`,
  );
  const lengths = measured.getRowsJson().map(([length]) => length);
  const types = reader.columnTypes().map(String);
  const rows = reader.getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return { names: reader.columnNames(), types, rows, lengths };
}
