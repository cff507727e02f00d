import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { quoteText } from "./field-types.ts";
import { JobFailure } from "./job-errors.ts";
import type { JobError } from "./job-resource.ts";
import type { PlacedRecord, RecordSource } from "./load-source.ts";
import type { SourceFile } from "./source-objects.ts";
import type { WarehouseTransaction } from "./transaction.ts";

export interface GoodRecords {
  select: string;
  badRecords: number;
  /** Those that were let pass. */
  errors: JobError[];
}

const maxListedErrors = 100;
const chunkLength = 2 ** 18;

/**
 * Reads files record by record, so that each bad one is known with its place. All go into a temporary
 * table; then as many bad ones as are allowed are set aside. Slower than DuckDB's own reader: it is
 * for jobs that allow bad records, and for saying what is wrong with the others.
 */
export async function readRecords(
  tx: WarehouseTransaction,
  files: SourceFile[],
  source: RecordSource,
  options: { maxBadRecords: number; scratch: string },
): Promise<GoodRecords> {
  const path = join(options.scratch, "records.csv");
  let width = 0;
  const lines = async function* () {
    let chunk = "";
    for await (const record of source.read()) {
      tx.checkCancelled();
      width = Math.max(width, record.texts.length);
      chunk += lineOf(record);
      if (chunk.length < chunkLength) continue;
      yield chunk;
      chunk = "";
    }
    yield chunk;
  };
  await pipeline(Readable.from(lines()), createWriteStream(path));
  await tx.run("DROP TABLE IF EXISTS load_rows");
  const places = "_file, _line, _at, _flaw";
  const kept = width === 0 ? [] : source.stored;
  await tx.run(
    `CREATE TEMP TABLE load_rows AS SELECT ${[places, ...kept].join(", ")} FROM ${readStaged(path, width)}`,
  );
  if (width === 0)
    return { select: `SELECT ${nothing(source)} WHERE false`, badRecords: 0, errors: [] };
  const badRecords = await setAside(tx, files, source, options.maxBadRecords);
  const isGood = `NOT coalesce(${anyBad(source)}, false)`;
  return {
    select: `SELECT ${source.values.join(", ")} FROM load_rows WHERE ${isGood}`,
    ...badRecords,
  };
}

/** No record at all: NULLs that no row takes. */
function nothing(source: RecordSource): string {
  return source.values.map(() => "NULL").join(", ");
}

/** NULL is nothing, and every text quoted: no record can be misread. */
function lineOf({ file, line, at, flaw, texts }: PlacedRecord): string {
  const fields = [flaw, ...texts].map((text) =>
    text === null ? "" : `"${text.replaceAll('"', '""')}"`,
  );
  return `${file},${line},${at},${fields.join(",")}\n`;
}

function readStaged(path: string, width: number): string {
  const columns = [
    "'_file': 'INTEGER', '_line': 'BIGINT', '_at': 'BIGINT', '_flaw': 'VARCHAR'",
    ...Array.from({ length: width }, (_, i) => `'c${i}': 'VARCHAR'`),
  ];
  return `read_csv(${quoteText(path)}, columns = {${columns.join(", ")}}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, max_line_size = 209715200)`;
}

function anyBad(source: RecordSource): string {
  const values = source.bad.map(({ condition }) => condition);
  // What has a flaw of form has no values to look at.
  const bad = values.length === 0 ? "false" : values.join(" OR ");
  return `(CASE WHEN _flaw IS NOT NULL THEN true ELSE (${bad}) END)`;
}

async function setAside(
  tx: WarehouseTransaction,
  files: SourceFile[],
  source: RecordSource,
  maxBadRecords: number,
): Promise<{ badRecords: number; errors: JobError[] }> {
  const why = source.bad
    .map(({ condition, message }) => `WHEN ${condition} THEN ${message}`)
    .join(" ");
  const found = await tx.run(
    `SELECT _file, _line, CASE WHEN _flaw IS NOT NULL THEN _flaw ${why} END FROM load_rows WHERE ${anyBad(source)} ORDER BY _file, _line LIMIT ${maxBadRecords + 1}`,
  );
  const rows = await found.getRowsJson();
  const errors = rows.slice(0, maxListedErrors).map(([file, line, message]): JobError => {
    const uri = files[Number(file)]?.uri ?? "";
    return {
      reason: "invalid",
      location: uri,
      message: `Error while reading data, error message: ${message}; line_number: ${line} File: ${uri}`,
    };
  });
  const last = rows.at(-1);
  if (rows.length <= maxBadRecords || !last) return { badRecords: rows.length, errors };
  const [file, line] = [Number(last[0]), Number(last[1])];
  const read = await tx.run(
    `SELECT count(*) FROM load_rows WHERE _file < ${file} OR (_file = ${file} AND _line <= ${line})`,
  );
  const summary: JobError = {
    reason: "invalid",
    location: files[file]?.uri ?? "",
    message: `Error while reading data, error message: ${source.format} processing encountered too many errors, giving up. Rows: ${(await read.getRowsJson())[0]?.[0]}; errors: ${rows.length}; max bad: ${maxBadRecords}; error percent: 0`,
  };
  throw new JobFailure(summary, [summary, ...errors]);
}
