import type { Typed } from "../types/typed.ts";
import type { CallSite } from "./call-site.ts";

/**
 * DuckDB has NaN above all numbers; BigQuery has it below them, or has it win: what depends on the
 * order of `value` is refused where there is one.
 */
export function withoutNaN(site: CallSite & { over: string }, value: Typed, sql: string): string {
  if (value.type.kind !== "FLOAT64") return sql;
  return `CASE WHEN bool_or(isnan(${value.sql}))${site.over} THEN error('not supported by the local warehouse: ${site.call.name} of NaN') ELSE ${sql} END`;
}
