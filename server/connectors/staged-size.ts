import { MaestroError } from "../../shared/errors.ts";
import type { FieldSchema } from "../../shared/table.ts";

/** How much DuckDB may take of the memory, to make rows of staged files. */
export interface StagedSize {
  memoryMb: number;
  /** Of a row in JSON. */
  lineBytes: number;
}

/** Does for rows up to 1 MiB of up to a hundred short columns. */
const leastMb = 32;
/**
 * DuckDB holds 2,048 rows and a page of the file for each column. Measured with 300, 1,000 and 3,000
 * columns of Parquet: 0.26 to 0.32 MB for each with texts of 5 characters, 0.5 with 35.
 */
const columnMb = 0.6;
const largest: StagedSize = { memoryMb: 2048, lineBytes: 110 * 2 ** 20 };

/** The sizes to try, one after the other: as the number of columns needs it, then for large values. */
export function stagedSizes(fields: FieldSchema[]): [StagedSize, StagedSize] {
  const memoryMb = Math.ceil(columnMb * leavesOf(fields));
  const first = {
    memoryMb: Math.min(Math.max(leastMb, memoryMb), largest.memoryMb),
    lineBytes: 2 ** 20,
  };
  return [first, largest];
}

function leavesOf(fields: FieldSchema[]): number {
  return fields.reduce((sum, { fields: inner }) => sum + (inner ? leavesOf(inner) : 1), 0);
}

/** The rows need more than their size allows. */
export class TooLargeError extends Error {
  readonly what: "row" | "memory";

  constructor(what: "row" | "memory", message: string) {
    super(message);
    this.what = what;
  }
}

/** For people, where the largest size did not do. */
export function describeTooLarge(error: TooLargeError, fields: FieldSchema[]): MaestroError {
  const { memoryMb, lineBytes } = largest;
  const message =
    error.what === "row"
      ? `a row is longer than ${lineBytes / 2 ** 20} MiB as JSON: shorten its values in the query`
      : `2,048 rows of its ${leavesOf(fields)} columns need more than ${memoryMb} MB of memory at once: export fewer columns, or shorter values`;
  return new MaestroError("database", message, { cause: error });
}
