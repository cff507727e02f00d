import { execFile } from "node:child_process";
import { createWriteStream, existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import { quoteName, quoteText } from "../../shared/sql-quotes.ts";
import type { FileFormat } from "../../shared/table.ts";
import { gzipText } from "./gzip-text.ts";
import { RowFeed } from "./row-feed.ts";
import type { RowStream } from "./source.ts";
import type { SourceColumn } from "./source-column.ts";
import { describeFullDisk } from "./staging-directory.ts";
import { jsonValue, textValue, typedValue } from "./staging-expressions.ts";

/*
 * The files that a load job reads, made from the bytes of a source's rows.
 *
 *   the source's CSV → named pipes → DuckDB's read_csv → checked, typed values → files
 *
 * Parquet (zstd) where BigQuery can load all columns from it. It loads no JSON column from Parquet:
 * those tables go as CSV, where SQL's NULL and JSON's null stay apart, or, with an array beside, as
 * JSON lines. Each in gzip.
 *
 * Both ends run at once, and memory does not grow with the table: the rows go through a pipe for each
 * 2 MiB (row-feed.ts), of which a file takes 4 at first and twice as many as the one before up to 128,
 * so that a file can be uploaded while the next is made, and a small table is one. Parquet's row groups
 * end at 1.5 MB for the same reason (measured over 500,000 rows of 12 columns, 177 MB: 50 MiB above
 * idle, 20 of them DuckDB's own code; 98 with groups of 8,192 rows), and zstd's level 1 takes half the
 * CPU of its level 3 for a tenth more bytes. Rows that are too large for the small size are read again
 * with the large one, which costs as much memory as it says.
 *
 * DuckDB works on 2,048 rows at a time, with 16 bytes and more for each value, however short, several
 * times over: what it needs grows with the columns (measured, MiB above idle: 100 columns 43, 200 48–71,
 * 400 59–90, 1,000 of short texts 110–200, of 300 to 1,000 bytes each 370–390).
 */

export interface StagingSize {
  /** For a few columns; each further one is given `columnMb`. */
  memoryMb: number;
  /** The longest row. BigQuery's own limit is 100 MB. */
  lineBytes: number;
}

export const smallSize: StagingSize = { memoryMb: 32, lineBytes: 2 ** 20 };
export const largeSize: StagingSize = { memoryMb: 2_000, lineBytes: 110 * 2 ** 20 };

const fewColumns = 60;
const columnMb = 0.25;

export interface StagedFile {
  path: string;
  contentType: string;
  rows: number;
  bytes: number;
}

export type Staging = { format: FileFormat; rows: number } | "tooLarge";

const formats = {
  PARQUET: {
    extension: "parquet",
    contentType: "application/vnd.apache.parquet",
    options:
      "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480, ROW_GROUP_SIZE_BYTES 1500000, COMPRESSION_LEVEL 1",
    value: typedValue,
  },
  CSV: {
    extension: "csv.gz",
    contentType: "application/gzip",
    options: "FORMAT csv, HEADER false, FORCE_QUOTE *, USE_TMP_FILE false",
    value: textValue,
  },
  NEWLINE_DELIMITED_JSON: {
    extension: "json.gz",
    contentType: "application/gzip",
    options: "FORMAT json, USE_TMP_FILE false",
    value: jsonValue,
  },
} as const;

export function formatFor(columns: SourceColumn[]): FileFormat {
  if (!columns.some((column) => column.type === "JSON")) return "PARQUET";
  return columns.some((column) => column.isArray) ? "NEWLINE_DELIMITED_JSON" : "CSV";
}

const fewestPipes = 4;
const mostPipes = 128;

/**
 * Reads the stream to its end into files in `directory`, one at least. Throws the stream's error, or
 * `database` where a value does not fit, or `internal` where the files have not as many rows as the
 * source gave.
 */
export async function stageRows(options: {
  stream: RowStream;
  columns: SourceColumn[];
  directory: string;
  /** Stands for NULL in CSV; no value may contain it. */
  nullMarker: string;
  size: StagingSize;
  /** Resolves when so many bytes may be moved. */
  pay?: (bytes: number) => Promise<void>;
  /** Each file once it is whole; the next one is begun when this resolves. */
  onFile: (file: StagedFile) => Promise<void>;
}): Promise<Staging> {
  const { stream, columns, directory } = options;
  const format = formatFor(columns);
  const { extension, contentType } = formats[format];
  const isText = format !== "PARQUET";
  const feed = new RowFeed(stream, options.pay);
  let rows = 0;
  try {
    for (let number = 0; number === 0 || (await feed.hasMore()); number += 1) {
      const path = join(directory, `data-${String(number).padStart(5, "0")}.${extension}`);
      const { inputs, text } = await openPipes(directory, fewestPipes * 2 ** number);
      const output = isText ? text : path;
      const statement = copyStatement({ ...options, format, inputs, output });
      const write = () =>
        withDuckDb(options, (connection) =>
          convert({ ...options, connection, statement, feed, inputs }),
        );
      const answer = isText
        ? await gzipText({ text, output: path, isPipe: hasPipes }, write)
        : await write();
      if (answer === "tooLarge") return answer;
      rows += answer;
      await options.onFile({ path, contentType, rows: answer, bytes: (await stat(path)).size });
    }
    if (rows !== stream.sourceRows) {
      throw new MaestroError(
        "internal",
        `the source gave ${stream.sourceRows} rows, but ${rows} were staged`,
      );
    }
    return { format, rows };
  } finally {
    stream.destroy();
  }
}

/**
 * One for each file: closing it gives back what the thread of Node's pool that worked for it has
 * kept, while the next file may be another thread's work.
 */
async function withDuckDb<T>(
  options: { size: StagingSize; columns: SourceColumn[]; directory: string },
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    // Gives memory back sooner: 8 MiB less above idle.
    allocator_bulk_deallocation_flush_threshold: "1MB",
    memory_limit: `${memoryMbOf(options)}MB`,
    temp_directory: options.directory,
    preserve_insertion_order: "false",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  try {
    // MySQL's timestamps come without their zone, which the session says is UTC.
    await connection.run("SET TimeZone = 'UTC'");
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function memoryMbOf({ size, columns }: { size: StagingSize; columns: SourceColumn[] }): number {
  return size.memoryMb + Math.ceil(Math.max(0, columns.length - fewColumns) * columnMb);
}

const hasPipes = process.platform !== "win32";

/** Where there are no pipes, all rows go through one file. */
async function openPipes(
  directory: string,
  wanted: number,
): Promise<{ inputs: string[]; text: string }> {
  const count = hasPipes ? Math.min(wanted, mostPipes) : 1;
  const inputs = Array.from({ length: count }, (_, at) => join(directory, `rows-${at}.csv`));
  const text = join(directory, "text");
  const missing = [text, ...inputs].filter((path) => !existsSync(path));
  if (hasPipes && missing.length > 0) {
    await promisify(execFile)("mkfifo", ["-m", "600", ...missing]);
  }
  return { inputs, text };
}

/** Rows written. */
async function convert(work: {
  connection: DuckDBConnection;
  statement: string;
  stream: RowStream;
  feed: RowFeed;
  inputs: string[];
  size: StagingSize;
  columns: SourceColumn[];
}): Promise<number | "tooLarge"> {
  const { connection, stream, feed, inputs } = work;
  const [input = ""] = inputs;
  if (!hasPipes) await pipeline(feed.rest(), createWriteStream(input));
  let isDone = false;
  const converting = connection.run(work.statement).finally(() => {
    isDone = true;
  });
  const feeding = hasPipes ? feed.fill(inputs, () => isDone) : Promise.resolve();
  const [converted, fed] = await Promise.allSettled([converting, feeding]);
  if (stream.errored) throw stream.errored;
  if (converted.status === "rejected") return refusalOf(converted.reason, work);
  if (fed.status === "rejected") throw fed.reason;
  return converted.value.rowsChanged;
}

/** With the large size there is nothing more to try. */
function refusalOf(
  error: unknown,
  used: { size: StagingSize; columns: SourceColumn[] },
): "tooLarge" {
  const message = messageOf(error);
  const fullDisk = describeFullDisk(error);
  if (fullDisk) throw fullDisk;
  const limit = /maximum line size|out of memory/i.exec(message)?.[0].toLowerCase();
  if (limit !== undefined && used.size.lineBytes < largeSize.lineBytes) return "tooLarge";
  if (limit !== undefined) {
    const why =
      limit === "out of memory"
        ? `its ${used.columns.length} columns need more than ${memoryMbOf(used)} MB of memory to be staged: select fewer of them, or shorter values`
        : "a row is larger than BigQuery's 100 MB: leave its large values out, or cut them, in the import's SQL";
    throw new MaestroError("database", why, { cause: error });
  }
  const refused = /column .* holds .* which does not fit into .*/s.exec(message);
  if (refused) throw new MaestroError("database", refused[0], { cause: error });
  throw new MaestroError("internal", `staging failed: ${message}`, { cause: error });
}

function copyStatement(options: {
  columns: SourceColumn[];
  format: FileFormat;
  inputs: string[];
  output: string;
  nullMarker: string;
  size: StagingSize;
}): string {
  const { columns, format, inputs, output, nullMarker, size } = options;
  const { options: formatOptions, value } = formats[format];
  const list = columns.map(
    (column, index) => `${value(column, `c${index}`)} AS ${quoteName(column.name)}`,
  );
  const texts = columns.map((_, index) => `c${index}: 'VARCHAR'`);
  const nulls = format === "CSV" ? `, NULLSTR ${quoteText(nullMarker)}` : "";
  return `COPY (
    SELECT ${list.join(", ")}
    FROM read_csv([${inputs.map(quoteText).join(", ")}], auto_detect = false, header = false, parallel = false,
      delim = ',', quote = '"', escape = '"', new_line = '\\n', nullstr = 'N',
      allow_quoted_nulls = false, strict_mode = true, 
      max_line_size = ${size.lineBytes},
      buffer_size = ${size.lineBytes * 2}, columns = {${texts.join(", ")}})
  ) TO ${quoteText(output)} (${formatOptions}${nulls})`;
}
