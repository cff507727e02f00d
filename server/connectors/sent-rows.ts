import type { Readable } from "node:stream";
import type { ByteBuffer } from "./byte-buffer.ts";
import type { RowFormat } from "./row-format.ts";
import type { TargetCheck } from "./target-value.ts";

/** Staged rows on their way to a database. */
export interface SentRows {
  stream: Readable;
  /** Rows written, once the stream has ended. Throws what stopped it. */
  written: Promise<number>;
  /** Rows so far, about. */
  rowsSoFar(): number;
}

export interface StagedRows {
  /** Null where the format does not tell without reading it all. */
  rowCount: number | null;
  /** `columns` being SQL of their texts over c0, c1 … of the fields, and `rowNumber`. */
  stream(columns: string[], format: RowFormat): Promise<SentRows>;
  /** The same without DuckDB; null where these files need it. */
  encode(columns: EncodedColumn[], frame: RowFrame): SentRows | null;
  /** Waits for what is being read, which the end of its stream stops. */
  close(): Promise<void>;
}

/**
 * Writes a value to the row, as the database reads it. The value is the bytes from `at` to `end`, as
 * ColumnReader gives them. Answers the check that the value fails, and null where it is written.
 */
export type ValueEncoder = (
  out: ByteBuffer,
  bytes: Buffer,
  at: number,
  end: number,
) => TargetCheck | null;

export interface EncodedColumn {
  /** Which of the fields it is. */
  field: number;
  encode: ValueEncoder;
  /** The check that a NULL fails; null where it is taken. */
  noNull: TargetCheck | null;
}

/** What stands around the values. */
export interface RowFrame {
  head: Buffer;
  beforeRow: Buffer;
  betweenValues: Buffer;
  afterRow: Buffer;
  tail: Buffer;
  nullValue: Buffer;
}
