import { stat } from "node:fs/promises";
import { join } from "node:path";
import { MaestroError } from "../../shared/errors.ts";
import type { FileFormat } from "../../shared/table.ts";
import { CsvCells } from "./csv-cells.ts";
import { parquetFile } from "./parquet-file.ts";
import type { RowsFile } from "./rows-file.ts";
import type { RowStream } from "./source.ts";
import type { SourceColumn } from "./source-column.ts";
import { csvFile, jsonFile } from "./text-file.ts";

/*
 * The files that a load job reads, made from the bytes of a source's rows.
 *
 *   the source's CSV → cells, checked → parts of a file → compressed in Node's pool → files
 *
 * Parquet (zstd) where BigQuery can load all columns from it. It loads no JSON column from Parquet:
 * those tables go as CSV, where SQL's NULL and JSON's null stay apart, or, with an array beside, as
 * JSON lines. Each in gzip.
 *
 * Memory does not grow with the table: one part is filled while the one before is compressed and
 * written. A file takes 8 MiB of rows at first and twice as many as the one before up to 256, so that
 * it can be uploaded while the next is made, and a small table is one.
 */

export interface StagedFile {
  path: string;
  contentType: string;
  rows: number;
  bytes: number;
}

export interface Staging {
  format: FileFormat;
  rows: number;
}

const MiB = 2 ** 20;
/** Of the source's CSV, where bytes are two digits each. BigQuery's own limit is 100 MB. */
const mostRowBytes = 110 * MiB;
const firstFileBytes = 8 * MiB;
export const mostFileBytes = 256 * MiB;

/** `part` is how many bytes of rows are compressed at once. */
const formats = {
  PARQUET: { extension: "parquet", contentType: "application/vnd.apache.parquet", part: 2 * MiB },
  CSV: { extension: "csv.gz", contentType: "application/gzip", part: MiB / 2 },
  NEWLINE_DELIMITED_JSON: { extension: "json.gz", contentType: "application/gzip", part: MiB / 2 },
} as const;

export function formatFor(columns: SourceColumn[]): FileFormat {
  if (!columns.some((column) => column.type === "JSON")) return "PARQUET";
  return columns.some((column) => column.isArray) ? "NEWLINE_DELIMITED_JSON" : "CSV";
}

interface StagingOptions {
  stream: RowStream;
  columns: SourceColumn[];
  directory: string;
  /** Resolves when so many bytes may be moved. */
  pay?: (bytes: number) => Promise<void>;
  /** Each file once it is whole; the next one is begun when this resolves. */
  onFile: (file: StagedFile) => Promise<void>;
  /** Of rows, in the first file. */
  firstFileBytes?: number;
}

/**
 * Reads the stream to its end into files in `directory`, one at least. Throws the stream's error, or
 * `database` where a value does not fit, or `internal` where the files have not as many rows as the
 * source gave. `nullMarker` stands for NULL in CSV; no value may contain it.
 */
export async function stageRows(
  options: StagingOptions & { nullMarker: string },
): Promise<Staging> {
  const file = openRowsFile(options.columns, options.nullMarker);
  try {
    return await stageRowsInto(file, options);
  } finally {
    await file.dispose();
  }
}

/**
 * The same with what makes the files, which serves one stream after the other, so that its buffers and
 * compressors are made once. After a fault it is of no use any more. Its caller disposes of it.
 */
export async function stageRowsInto(file: RowsFile, options: StagingOptions): Promise<Staging> {
  const { stream, columns, pay } = options;
  const format = formatFor(columns);
  const cells = new CsvCells(file.sinks, mostRowBytes);
  const files = new Files({ ...options, format, file, cells });
  try {
    // By hand: a loop that is left by an error would make the stream fail too.
    const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      await pay?.(next.value.length);
      await files.take(next.value);
    }
    cells.finish();
    await files.end();
  } finally {
    stream.destroy();
  }
  if (cells.rows === stream.sourceRows) return { format, rows: cells.rows };
  throw new MaestroError(
    "internal",
    `the source gave ${stream.sourceRows} rows, but ${cells.rows} were staged`,
  );
}

/** What makes the files of these columns. */
export function openRowsFile(columns: SourceColumn[], nullMarker: string): RowsFile {
  switch (formatFor(columns)) {
    case "PARQUET":
      return parquetFile(columns);
    case "CSV":
      return csvFile(columns, nullMarker);
    case "NEWLINE_DELIMITED_JSON":
      return jsonFile(columns);
  }
}

interface FilesOptions {
  format: FileFormat;
  file: RowsFile;
  cells: CsvCells;
  directory: string;
  onFile: (file: StagedFile) => Promise<void>;
  firstFileBytes?: number;
}

/** Divides the rows into parts, and those into files. */
class Files {
  readonly #options: FilesOptions;
  readonly #partBytes: number;
  readonly #firstFileBytes: number;
  #number = 0;
  #isOpen = false;
  /** Rows and bytes up to the last part's end, and up to the last file's. */
  #part = { rows: 0, bytes: 0 };
  #last = { rows: 0, bytes: 0 };

  constructor(options: FilesOptions) {
    this.#options = options;
    this.#partBytes = formats[options.format].part;
    this.#firstFileBytes = options.firstFileBytes ?? firstFileBytes;
  }

  async take(chunk: Buffer): Promise<void> {
    const { cells } = this.#options;
    cells.push(chunk);
    const isFull = () => cells.bytes - this.#part.bytes >= this.#partBytes;
    while (cells.readUntil(isFull)) {
      await this.#endPart();
      const most = Math.min(this.#firstFileBytes * 2 ** this.#number, mostFileBytes);
      if (this.#part.bytes - this.#last.bytes >= most) await this.#endFile();
    }
  }

  async end(): Promise<void> {
    const { cells } = this.#options;
    if (cells.rows > this.#part.rows) await this.#endPart();
    if (this.#number === 0) await this.#open();
    if (this.#isOpen) await this.#endFile();
  }

  async #endPart(): Promise<void> {
    const { file, cells } = this.#options;
    await this.#open();
    await file.flush(cells.rows - this.#part.rows);
    this.#part = { rows: cells.rows, bytes: cells.bytes };
  }

  async #open(): Promise<void> {
    if (this.#isOpen) return;
    this.#isOpen = true;
    await this.#options.file.open(this.#path());
  }

  async #endFile(): Promise<void> {
    const { file, format, onFile } = this.#options;
    await file.close();
    const path = this.#path();
    const rows = this.#part.rows - this.#last.rows;
    const { contentType } = formats[format];
    this.#isOpen = false;
    this.#number += 1;
    this.#last = this.#part;
    await onFile({ path, contentType, rows, bytes: (await stat(path)).size });
  }

  #path(): string {
    const { directory, format } = this.#options;
    const name = `data-${String(this.#number).padStart(5, "0")}`;
    return join(directory, `${name}.${formats[format].extension}`);
  }
}
