import { quoteText } from "../../shared/sql-quotes.ts";

/** What a column of a database takes of a staged value, as DuckDB's SQL. */
export interface TargetValue {
  /** The text that goes into the CSV; null is NULL. */
  text: string;
  /** Values that would arrive as others. */
  checks: TargetCheck[];
}

export interface TargetCheck {
  /** Holds for a value that is refused; null is as good as false. */
  condition: string;
  /** What it is, such as "a NUL character"; SQL of the value itself where it is null. */
  what: string | null;
  /** Such as "PostgreSQL's text". */
  holder: string;
  remedy: string;
  /** What is refused, where values are checked without SQL too: NULL, a text with a NUL, NaN or infinities. */
  kind?: "null" | "nul" | "infinite";
}

/** The number of the row among the staged ones, from 1: a column of what `checkedText` is read from. */
export const rowNumber = "maestro_row";

/** The text, or an error that names column, row, value and remedy. `value` is the typed value's SQL. */
export function checkedText(column: string, value: string, target: TargetValue): string {
  if (target.checks.length === 0) return target.text;
  const branches = target.checks.map(({ condition, what, holder, remedy }) => {
    const held = what === null ? `left(CAST(${value} AS VARCHAR), 100)` : quoteText(what);
    const before = quoteText(`column ${column} holds `);
    const after = quoteText(`, which does not fit into ${holder}: ${remedy}`);
    return `WHEN ${condition} THEN error(${before} || ${held} || ' in row ' || ${rowNumber} || ${after})`;
  });
  return `CASE ${branches.join(" ")} ELSE CAST(${target.text} AS VARCHAR) END`;
}
