import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { exportRows } from "../../server/connectors/export-rows.ts";
import type { ExportDone, ExportWork } from "../../server/connectors/export-work.ts";
import { openStagedRows } from "../../server/connectors/staged-rows.ts";
import { stagedSizes } from "../../server/connectors/staged-size.ts";
import type { FieldSchema } from "../../shared/table.ts";

export function field(name: string, type: string, mode: FieldSchema["mode"] = "NULLABLE") {
  return { name, type, mode };
}

type Options = Partial<Omit<ExportWork, "rows" | "fields" | "table">> & { table: string };

/** Exports the rows of a DuckDB SELECT, staged as Parquet. */
export async function exportSelect(
  address: DatabaseAddress,
  select: string,
  fields: FieldSchema[],
  options: Options,
): Promise<ExportDone> {
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-export-"));
  try {
    const path = join(directory, "part-0.parquet");
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`);
    connection.closeSync();
    instance.closeSync();
    return await exportFiles(address, { paths: [path], fields, directory }, options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Rows as BigQuery's extract job writes JSON lines: what is NULL is left out. */
export async function exportLines(
  address: DatabaseAddress,
  fields: FieldSchema[],
  lines: string[],
  options: Options,
) {
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-export-"));
  try {
    const path = join(directory, "part-0.json.gz");
    await writeFile(path, gzipSync(lines.map((line) => `${line}\n`).join("")));
    return await exportFiles(address, { paths: [path], fields, directory }, options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export async function exportFiles(
  address: DatabaseAddress,
  files: { paths: string[]; fields: FieldSchema[]; directory: string },
  { table, ...options }: Options,
): Promise<ExportDone> {
  const isParquet = files.paths.every((path) => path.endsWith(".parquet"));
  const format = isParquet ? "PARQUET" : "NEWLINE_DELIMITED_JSON";
  const [size] = stagedSizes(files.fields);
  const rows = await openStagedRows({ ...files, format, size });
  const [schema, name] = table.includes(".") ? table.split(".") : [null, table];
  try {
    return await exportRows(address, {
      table: { schema: schema ?? null, name: name ?? "" },
      mode: "replace",
      keys: [],
      fields: files.fields,
      rows,
      claim: nextClaim(),
      description: "",
      through: () => [],
      signal: new AbortController().signal,
      report: () => undefined,
      confirm: () => Promise.resolve(),
      ...options,
    });
  } finally {
    await rows.close();
  }
}

let tableRunId = 0;

export function nextClaim() {
  tableRunId += 1;
  return { exporter: "test_1", tableRunId, fence: 1 };
}
