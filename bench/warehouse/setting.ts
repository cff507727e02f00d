import type { TableName } from "./generate-data.ts";

/** What both contestants are given. */
export interface TaskSetup {
  /** Theirs alone. */
  directory: string;
  files: Record<TableName, string>;
}

/** Rows of cells as texts. */
export type Answer = (string | null)[][];

/**
 * Throws where two answers differ. DuckDB divides and averages decimals as doubles, BigQuery as
 * decimals: numbers may differ in the eighth digit.
 */
export function checkEqual(query: number, ours: Answer, theirs: Answer): void {
  if (ours.length === 0) throw new Error(`query ${query} answers no rows: nothing is compared`);
  if (ours.length !== theirs.length) {
    throw new Error(`query ${query}: ${ours.length} rows here, ${theirs.length} there`);
  }
  for (const [i, row] of ours.entries()) {
    const other = theirs[i] ?? [];
    const differs = row.findIndex((cell, column) => !isSame(cell, other[column] ?? null));
    if (differs < 0 && row.length === other.length) continue;
    throw new Error(`query ${query}, row ${i}: ${row.join("|")} here, ${other.join("|")} there`);
  }
}

function isSame(a: string | null, b: string | null): boolean {
  if (a === b) return true;
  if (a === null || b === null || a === "" || b === "") return false;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= 1e-8 * Math.max(1, Math.abs(x));
}
