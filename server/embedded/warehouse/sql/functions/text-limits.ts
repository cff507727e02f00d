/**
 * BigQuery's longest row. DuckDB makes a text in one step that nothing interrupts, so what would be
 * longer than any row is refused before it is made.
 */
export const maxTextBytes = 100 * 2 ** 20;

/** An expression that fails; `$1` keeps it from being computed before there are rows. */
export function tooLong(name: string): string {
  return `error('Output of ${name} exceeds the size of a row, 100 MB' || left(CAST($1 AS VARCHAR), 0))`;
}
