import { execFile } from "node:child_process";
import { constants, createReadStream, openSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { Transform } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import { quoteName, quoteText } from "../../shared/sql-quotes.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { copyStatement, type RowFormat } from "./row-format.ts";
import type { SentRows, StagedRows } from "./sent-rows.ts";
import {
  checkKeys,
  checkParquet,
  measureParquet,
  readLines,
  readParquet,
  type StagedFiles,
} from "./staged-files.ts";
import { TooLargeError } from "./staged-size.ts";
import { jsonShape, typeWord, valueInJson, valueInParquet } from "./staged-values.ts";
import { describeFullDisk } from "./staging-directory.ts";
import { rowNumber } from "./target-value.ts";

/*
 * The staged files of an export as text, of any format, type and check that there is.
 *
 *   files → DuckDB: typed values, checked → COPY … TO a named pipe → stream
 *
 * Both ends run at once, and no row becomes anything in JavaScript. JSON lines are read as CSV of one
 * column: DuckDB's own reader of JSON takes a buffer of 32 MB, whatever it is told. How much memory it
 * may take is said by who opens them; `TooLargeError` says that it was not enough.
 */

/** Throws `conflict` where the files have other columns than `fields`. */
export async function openDuckDbRows(source: StagedFiles): Promise<StagedRows> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: `${source.size.memoryMb}MB`,
    temp_directory: source.directory,
    preserve_insertion_order: "false",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  const reading: SentRows[] = [];
  const close = async () => {
    for (const { stream } of reading) stream.destroy();
    await Promise.allSettled(reading.map(({ written }) => written));
    connection.closeSync();
    instance.closeSync();
  };
  try {
    await connection.run("SET enable_progress_bar = true");
    await connection.run("SET enable_progress_bar_print = false");
    const isParquet = source.format === "PARQUET";
    if (isParquet) await checkParquet(connection, source);
    else await checkKeys(connection, source);
    const rowCount = isParquet ? await measureParquet(connection, source) : null;
    return {
      rowCount,
      async stream(columns, format) {
        const rows = streamRows(connection, source, columns, format);
        reading.push(rows);
        return rows;
      },
      encode: () => null,
      close,
    };
  } catch (error) {
    await close();
    throw describeStagedFault(error);
  }
}

function streamRows(
  connection: DuckDBConnection,
  source: StagedFiles,
  columns: string[],
  format: RowFormat,
): SentRows {
  const path = join(source.directory, `rows-${Math.random().toString(36).slice(2)}.csv`);
  const stream = new Transform({
    highWaterMark: 256 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      collectGarbage(chunk.length);
      done(null, chunk);
    },
  });
  const list = columns.map((column, at) => `${column} AS o${at}`).join(", ");
  const select = `SELECT ${list} FROM (${selectTyped(source)})`;
  const write = async () => {
    const statement = await copyStatement(connection, select, { path, format });
    return writeThrough(connection, statement, path, stream);
  };
  const written = write().catch((error: unknown) => {
    const fault = describeStagedFault(error);
    stream.destroy(fault);
    throw fault;
  });
  // Who reads the stream is told by it; `written` may be asked for later.
  written.catch(() => undefined);
  stream.on("close", () => {
    if (!stream.readableEnded) connection.interrupt();
  });
  return {
    stream,
    written,
    rowsSoFar: () => Number(connection.progress.rows_processed),
  };
}

async function writeThrough(
  connection: DuckDBConnection,
  statement: string,
  path: string,
  target: Transform,
): Promise<number> {
  if (process.platform === "win32") {
    const { rowsChanged } = await connection.run(statement);
    createReadStream(path).pipe(target);
    return rowsChanged;
  }
  await promisify(execFile)("mkfifo", ["-m", "600", path]);
  // The reader opens first, so that the writer's opening waits for nobody.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let isDone = false;
  const writing = connection.run(statement).finally(() => {
    isDone = true;
  });
  writing.catch(() => undefined);
  const socket = await readPipe(fd, () => isDone, target);
  // Given up meanwhile, or later: the statement fails at a pipe that nobody reads.
  if (target.destroyed) socket.destroy();
  else target.on("close", () => socket.destroy());
  socket.on("error", (error) => target.destroy(error));
  socket.on("end", () => {
    // The end of the pipe is that of the rows only where the statement has succeeded.
    writing.then(
      () => target.end(),
      () => undefined,
    );
  });
  socket.pipe(target, { end: false });
  return (await writing).rowsChanged;
}

/**
 * A socket of the pipe takes no thread of Node's pool, of which the statement holds one. It would take
 * a pipe that nobody has opened for writing yet for one that has ended: so the first bytes are waited
 * for, or the end of the statement.
 */
async function readPipe(fd: number, isDone: () => boolean, target: Transform): Promise<Socket> {
  const first = Buffer.alloc(64 * 1024);
  for (;;) {
    const wasDone = isDone();
    const bytes = readNow(fd, first);
    if (bytes > 0) target.write(first.subarray(0, bytes));
    // Also for a stream that was given up: a writer that finds no reader would wait for one for ever.
    if (bytes !== 0 || wasDone) {
      return new Socket({ fd, readable: true, writable: false });
    }
    await delay(2);
  }
}

/** −1: there is a writer, who has not written. 0: there is none. */
function readNow(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return -1;
    throw error;
  }
}

function selectTyped(source: StagedFiles): string {
  const { fields } = source;
  if (source.format === "PARQUET") {
    const list = fields.map(
      (field, at) => `${valueInParquet(field, quoteName(field.name))} AS c${at}`,
    );
    return `SELECT ${list.join(", ")}, row_number() OVER () AS ${rowNumber} FROM ${readParquet(source)}`;
  }
  const list = fields.map((field, at) => {
    // An absent value is NULL, and the JSON value null is one.
    const isJson = typeWord(field) === "JSON" && field.mode !== "REPEATED";
    const value = isJson
      ? `json_extract(line, ${quoteText(`$."${field.name}"`)})`
      : `v.${quoteName(field.name)}`;
    return `${isJson ? `CAST(${value} AS VARCHAR)` : valueInJson(field, value)} AS c${at}`;
  });
  return `SELECT ${list.join(", ")}, ${rowNumber} FROM (
    SELECT line, json_transform(line, ${quoteText(JSON.stringify(jsonShape(fields)))}) AS v,
      row_number() OVER () AS ${rowNumber} FROM ${readLines(source)})`;
}

function describeStagedFault(error: unknown): Error {
  if (error instanceof MaestroError || error instanceof TooLargeError) return error;
  const message = messageOf(error);
  const fullDisk = describeFullDisk(error);
  if (fullDisk) return fullDisk;
  const refused = /column .* holds .* which does not fit into .*/s.exec(message);
  if (refused) return new MaestroError("database", refused[0], { cause: error });
  if (/maximum line|max_line_size/i.test(message)) return new TooLargeError("row", message);
  if (/out of memory/i.test(message)) return new TooLargeError("memory", message);
  if (/interrupted/i.test(message)) {
    return new MaestroError("cancelled", "the reading of the staged files was stopped", {
      cause: error,
    });
  }
  return new MaestroError("internal", `reading the staged files failed: ${message}`, {
    cause: error,
  });
}
