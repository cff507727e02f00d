import { execFile } from "node:child_process";
import { constants, createWriteStream, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { PassThrough, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { FileFormat } from "../../shared/table.ts";
import type { RowStream } from "./source.ts";
import type { SourceColumn } from "./source-column.ts";
import { jsonValue, textValue, typedValue } from "./staging-expressions.ts";

/*
 * The file that a load job reads, made from the bytes of a source's rows.
 *
 *   the source's CSV → named pipe → DuckDB's read_csv → checked, typed values → one file
 *
 * Parquet (zstd) where BigQuery can load all columns from it. It loads no JSON column from Parquet:
 * those tables go as CSV, where SQL's NULL and JSON's null stay apart, or, with an array beside, as
 * JSON lines. Each in gzip.
 *
 * Both ends run at once, and memory does not grow with the table: DuckDB would keep all that it read
 * from a pipe, but its limit makes it put that into `directory` instead (measured over 600,000 rows,
 * 228 MB: 244 MiB above idle without the limit, 47 MiB with it, no slower). Rows that are too large for
 * the small size are read again with the large one, which costs as much memory as it says.
 */

export interface StagingSize {
  memory: string;
  /** The longest row. BigQuery's own limit is 100 MB. */
  lineBytes: number;
}

export const smallSize: StagingSize = { memory: "32MB", lineBytes: 2 ** 20 };
export const largeSize: StagingSize = { memory: "2GB", lineBytes: 110 * 2 ** 20 };

export interface StagedFile {
  path: string;
  format: FileFormat;
  contentType: string;
  rows: number;
  bytes: number;
}

export type Staging = StagedFile | "tooLarge";

const formats = {
  PARQUET: {
    fileName: "data.parquet",
    contentType: "application/vnd.apache.parquet",
    options: "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480",
    value: typedValue,
  },
  CSV: {
    fileName: "data.csv.gz",
    contentType: "application/gzip",
    options: "FORMAT csv, HEADER false, FORCE_QUOTE *, COMPRESSION gzip",
    value: textValue,
  },
  NEWLINE_DELIMITED_JSON: {
    fileName: "data.json.gz",
    contentType: "application/gzip",
    options: "FORMAT json, COMPRESSION gzip",
    value: jsonValue,
  },
} as const;

export function formatFor(columns: SourceColumn[]): FileFormat {
  if (!columns.some((column) => column.type === "JSON")) return "PARQUET";
  return columns.some((column) => column.isArray) ? "NEWLINE_DELIMITED_JSON" : "CSV";
}

/**
 * Reads the stream to its end into a file in `directory`. Throws the stream's error, or `database`
 * where a value does not fit, or `internal` where the file has not as many rows as the source gave.
 */
export async function stageRows(options: {
  stream: RowStream;
  columns: SourceColumn[];
  directory: string;
  /** Stands for NULL in CSV; no value may contain it. */
  nullMarker: string;
  size: StagingSize;
  /** What the bytes pass on their way, such as one that holds them up. */
  through?: Transform;
}): Promise<Staging> {
  const { stream, columns, directory } = options;
  const format = formatFor(columns);
  const { fileName, contentType } = formats[format];
  const path = join(directory, fileName);
  const input = join(directory, "rows.csv");
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: options.size.memory,
    temp_directory: directory,
    preserve_insertion_order: "false",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  try {
    // MySQL's timestamps come without their zone, which the session says is UTC.
    await connection.run("SET TimeZone = 'UTC'");
    const statement = copyStatement({ ...options, format, input, output: path });
    const through = options.through ?? new PassThrough();
    const answer = await convert(connection, statement, { stream, through, input });
    if (answer === "tooLarge") return answer;
    if (answer !== stream.sourceRows) {
      throw new MaestroError(
        "internal",
        `the source gave ${stream.sourceRows} rows, but ${answer} were staged`,
      );
    }
    return { path, format, contentType, rows: answer, bytes: (await stat(path)).size };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

interface Feed {
  stream: RowStream;
  through: Transform;
  /** The path that DuckDB reads from. */
  input: string;
}

/** Rows written. */
async function convert(
  connection: DuckDBConnection,
  statement: string,
  rows: Feed,
): Promise<number | "tooLarge"> {
  const { stream, through, input } = rows;
  const usesPipe = process.platform !== "win32";
  if (usesPipe) await promisify(execFile)("mkfifo", ["-m", "600", input]);
  else await pipeline(stream, through, createWriteStream(input));
  let isDone = false;
  const converting = connection.run(statement).finally(() => {
    isDone = true;
  });
  const feeding = usesPipe ? feed(rows, () => isDone) : Promise.resolve();
  const [converted, fed] = await Promise.allSettled([converting, feeding]);
  if (stream.errored) throw stream.errored;
  if (converted.status === "rejected") return refusalOf(converted.reason);
  if (fed.status === "rejected") throw fed.reason;
  return converted.value.rowsChanged;
}

/**
 * Writes the stream into the pipe, through a socket: a write that waits for the reader then takes no
 * thread of Node's pool, of which DuckDB's query holds one already. The pipe can be opened only once
 * the reader has; where that ends without having opened it, so does this.
 */
async function feed({ stream, through, input }: Feed, isDone: () => boolean): Promise<void> {
  for (;;) {
    const fd = openPipe(input);
    if (fd !== null) {
      const socket = new Socket({ fd, readable: false, writable: true });
      await pipeline(stream, through, socket);
      return;
    }
    if (isDone()) {
      stream.destroy();
      return;
    }
    await delay(5);
  }
}

function openPipe(path: string): number | null {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    // No reader yet; or no descriptor free, which must not leave the reader waiting for ever.
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENXIO" || code === "EMFILE" || code === "ENFILE") return null;
    throw error;
  }
}

function refusalOf(error: unknown): "tooLarge" {
  const message = messageOf(error);
  if (/maximum line size|out of memory/i.test(message)) return "tooLarge";
  const refused = /column .* holds .* which does not fit into .*/s.exec(message);
  if (refused) throw new MaestroError("database", refused[0], { cause: error });
  throw new MaestroError("internal", `staging failed: ${message}`, { cause: error });
}

function copyStatement(options: {
  columns: SourceColumn[];
  format: FileFormat;
  input: string;
  output: string;
  nullMarker: string;
  size: StagingSize;
}): string {
  const { columns, format, input, output, nullMarker, size } = options;
  const { options: formatOptions, value } = formats[format];
  const list = columns.map(
    (column, index) => `${value(column, `c${index}`)} AS ${quoteName(column.name)}`,
  );
  const inputs = columns.map((_, index) => `c${index}: 'VARCHAR'`);
  const nulls = format === "CSV" ? `, NULLSTR ${quoteText(nullMarker)}` : "";
  return `COPY (
    SELECT ${list.join(", ")}
    FROM read_csv(${quoteText(input)}, auto_detect = false, header = false, parallel = false,
      delim = ',', quote = '"', escape = '"', new_line = '\\n', nullstr = 'N',
      allow_quoted_nulls = false, strict_mode = true, max_line_size = ${size.lineBytes},
      buffer_size = ${size.lineBytes * 2}, columns = {${inputs.join(", ")}})
  ) TO ${quoteText(output)} (${formatOptions}${nulls})`;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
