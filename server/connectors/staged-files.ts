import type { DuckDBConnection } from "@duckdb/node-api";
import { MaestroError } from "../../shared/errors.ts";
import { quoteText } from "../../shared/sql-quotes.ts";
import type { FieldSchema } from "../../shared/table.ts";
import type { StagedSize } from "./staged-size.ts";
import { typeInParquet, typeWord } from "./staged-values.ts";

/* The staged files of an export, as DuckDB reads them, and whether they are what was expected. */

/** Measured with pages of up to 20 MB, for which it takes powers of two: 2.6. */
const groupShare = 3;

export interface StagedFiles {
  format: "PARQUET" | "NEWLINE_DELIMITED_JSON";
  paths: string[];
  fields: FieldSchema[];
  /** For the pipe, and for what DuckDB does not keep in memory. */
  directory: string;
  size: StagedSize;
}

export function readParquet({ paths }: StagedFiles): string {
  return `read_parquet([${paths.map(quoteText).join(", ")}])`;
}

export function readLines({ paths, size }: StagedFiles): string {
  return `read_csv([${paths.map(quoteText).join(", ")}], auto_detect = false, header = false,
    parallel = false, delim = '\x01', quote = '', escape = '', nullstr = '\x02', new_line = '\\n',
    strict_mode = false, max_line_size = ${size.lineBytes}, buffer_size = ${size.lineBytes * 2},
    columns = {line: 'VARCHAR'})`;
}

export async function checkParquet(
  connection: DuckDBConnection,
  source: StagedFiles,
): Promise<void> {
  const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${readParquet(source)}`);
  const types = new Map(
    reader.getRowsJson().map(([name, type]) => [String(name).toLowerCase(), String(type)]),
  );
  const { fields } = source;
  const other = fields.find((field) => !isTyped(field, types.get(field.name.toLowerCase())));
  if (other || types.size !== fields.length) throw changedMeanwhile(other?.name);
}

function isTyped(field: FieldSchema, found: string | undefined): boolean {
  if (found === undefined) return false;
  const isList = field.mode === "REPEATED";
  if (found.endsWith("[]") !== isList) return false;
  const item = isList ? found.slice(0, -2) : found;
  if (field.fields) return item.startsWith("STRUCT(");
  const expected = typeInParquet[typeWord(field)];
  // BigQuery's TIMESTAMP is of no zone, and its DECIMAL has the precision that was declared.
  const isInstant = typeWord(field) === "TIMESTAMP" && item === "TIMESTAMP";
  return (
    item === expected || isInstant || (item.startsWith("DECIMAL(") && field.type === "NUMERIC")
  );
}

/** The first rows tell of columns that the table does not have any more. */
export async function checkKeys(connection: DuckDBConnection, source: StagedFiles): Promise<void> {
  const reader = await connection.runAndReadAll(
    `SELECT DISTINCT unnest(json_keys(line)) FROM (SELECT line FROM ${readLines(source)} LIMIT 1000)`,
  );
  const names = new Set(source.fields.map((field) => field.name.toLowerCase()));
  const keys = reader.getRowsJson().map(([key]) => String(key));
  const other = keys.find((key) => !names.has(key.toLowerCase()));
  if (other !== undefined) throw changedMeanwhile(other);
}

/** How many rows there are. DuckDB holds a row group whole: it is allowed as much as the largest needs. */
export async function measureParquet(
  connection: DuckDBConnection,
  source: StagedFiles,
): Promise<number> {
  const { paths, size } = source;
  const reader = await connection.runAndReadAll(
    `SELECT sum(rows), max(bytes) FROM (
       SELECT first(row_group_num_rows) AS rows, sum(total_uncompressed_size) AS bytes
       FROM parquet_metadata([${paths.map(quoteText).join(", ")}]) GROUP BY file_name, row_group_id)`,
  );
  const [rows, bytes] = reader.getRowsJson()[0] ?? [];
  const neededMb = Math.ceil((Number(bytes ?? 0) / 1e6) * groupShare);
  if (neededMb > size.memoryMb) await connection.run(`SET memory_limit = '${neededMb}MB'`);
  return Number(rows ?? 0);
}

function changedMeanwhile(column: string | undefined): MaestroError {
  const where = column === undefined ? "its columns" : `its column ${column}`;
  return new MaestroError(
    "conflict",
    `the table was changed after it was staged for its export (${where}): run it again`,
  );
}
