import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { MaestroError } from "../../shared/errors.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { ByteBuffer } from "./byte-buffer.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { ColumnReader } from "./column-reader.ts";
import type { RowGroup } from "./parquet-layout.ts";
import type { EncodedColumn, RowFrame, SentRows } from "./sent-rows.ts";
import type { TargetCheck } from "./target-value.ts";

/*
 * Rows of staged Parquet as the database reads them, made from the bytes of their pages:
 *
 *   pages of each column, decompressed in Node's pool → values, row by row → pieces of the stream
 *
 * A third of the CPU that DuckDB takes for the same, and a tenth of its memory; what DuckDB writes is
 * text alone, while PostgreSQL reads its binary format in two thirds of the time.
 */

const pieceBytes = 64 * 1024;
const mostPieceBytes = 2 * pieceBytes;
/** A row may be longer, and a text shorter than the room that its last digit needs. */
const spareBytes = 4 * 1024;
/** A table of a thousand columns does not read a page of each at once. */
const fillsAtOnce = 8;

export function directRows(
  groups: RowGroup[],
  fields: FieldSchema[],
  columns: EncodedColumn[],
  frame: RowFrame,
): SentRows {
  const progress = { rows: 0 };
  const writer = new RowWriter(fields, columns, frame, progress);
  const stream = Readable.from(pieces(groups, columns, writer, frame), {
    objectMode: false,
    highWaterMark: 4 * pieceBytes,
  });
  const written = new Promise<number>((resolve, reject) => {
    stream.once("end", () => resolve(progress.rows));
    stream.once("error", reject);
    stream.once("close", () => reject(stopped()));
  });
  // Who reads the stream is told by it; `written` may be asked for later.
  written.catch(() => undefined);
  return { stream, written, rowsSoFar: () => progress.rows };
}

function stopped(): MaestroError {
  return new MaestroError("cancelled", "the reading of the staged files was stopped");
}

async function* pieces(
  groups: RowGroup[],
  columns: EncodedColumn[],
  writer: RowWriter,
  frame: RowFrame,
): AsyncGenerator<Buffer> {
  try {
    writer.put(frame.head);
    for (const group of groups) yield* piecesOf(group, columns, writer);
    writer.put(frame.tail);
    yield* writer.take();
  } catch (error) {
    if (error instanceof MaestroError) throw error;
    throw new MaestroError("internal", `reading the staged files failed: ${String(error)}`, {
      cause: error,
    });
  }
}

async function* piecesOf(
  group: RowGroup,
  columns: EncodedColumn[],
  writer: RowWriter,
): AsyncGenerator<Buffer> {
  const file = await open(group.chunks[0]?.path ?? "", "r");
  const readers = columns.flatMap(({ field }) => {
    const chunk = group.chunks[field];
    return chunk ? new ColumnReader(file, chunk) : [];
  });
  try {
    for (let left = group.rows; left > 0; ) {
      const ready = readers.reduce((most, reader) => reader.available(most), left);
      if (ready === 0) {
        await fill(readers);
        continue;
      }
      left -= writer.write(readers, ready);
      if (writer.isFull) yield* writer.take();
    }
  } finally {
    for (const reader of readers) reader.close();
    await file.close();
  }
}

async function fill(readers: ColumnReader[]): Promise<void> {
  const waiting = readers.filter((reader) => reader.available(1) === 0);
  for (let at = 0; at < waiting.length; at += fillsAtOnce) {
    await Promise.all(waiting.slice(at, at + fillsAtOnce).map((reader) => reader.fill()));
  }
}

class RowWriter {
  readonly #fields: FieldSchema[];
  readonly #columns: EncodedColumn[];
  readonly #frame: RowFrame;
  readonly #progress: { rows: number };
  #out = new ByteBuffer(pieceBytes + spareBytes);

  constructor(
    fields: FieldSchema[],
    columns: EncodedColumn[],
    frame: RowFrame,
    progress: { rows: number },
  ) {
    this.#fields = fields;
    this.#columns = columns;
    this.#frame = frame;
    this.#progress = progress;
  }

  get isFull(): boolean {
    return this.#out.length >= pieceBytes;
  }

  put(bytes: Buffer): void {
    this.#out.put(bytes);
  }

  /** What was written since it was taken last; of a long row pieces, as no packet of MySQL is longer. */
  *take(): Generator<Buffer> {
    const { bytes, length } = this.#out;
    this.#out = new ByteBuffer(pieceBytes + spareBytes);
    collectGarbage(bytes.length);
    for (let at = 0; at < length; at += mostPieceBytes) {
      yield bytes.subarray(at, Math.min(at + mostPieceBytes, length));
    }
  }

  /** `most` rows, or as many as fill a piece. Answers how many. */
  write(readers: ColumnReader[], most: number): number {
    let rows = 0;
    while (rows < most && !this.isFull) {
      this.#writeRow(readers);
      rows += 1;
      this.#progress.rows += 1;
    }
    return rows;
  }

  #writeRow(readers: ColumnReader[]): void {
    const out = this.#out;
    const { beforeRow, betweenValues, afterRow, nullValue } = this.#frame;
    out.put(beforeRow);
    for (let at = 0; at < readers.length; at++) {
      const reader = readers[at];
      const column = this.#columns[at];
      if (!reader || !column) return;
      if (at > 0) out.put(betweenValues);
      if (reader.next()) {
        const check = column.encode(out, reader.bytes, reader.at, reader.end);
        if (check !== null) throw this.#refused(column, check);
      } else if (column.noNull !== null) throw this.#refused(column, column.noNull);
      else out.put(nullValue);
    }
    out.put(afterRow);
  }

  #refused({ field }: EncodedColumn, { what, holder, remedy }: TargetCheck): MaestroError {
    const name = this.#fields[field]?.name ?? "";
    const row = this.#progress.rows + 1;
    return new MaestroError(
      "database",
      `column ${name} holds ${what} in row ${row}, which does not fit into ${holder}: ${remedy}`,
    );
  }
}
