import { exactNumeric, exactSum } from "../types/exact-decimals.ts";
import type { Typed } from "../types/typed.ts";

/** SUM of NUMERIC; `call` is that of a value in DuckDB's SQL. */
export function numericSum(call: (value: string) => string, arg: Typed): Typed {
  const exact = arg.exact && exactSum(call(arg.exact.sql), arg.exact);
  return exact ? exactNumeric(exact) : { sql: checkedSum(call(arg.sql)), type: arg.type };
}

/** Beyond the greatest NUMERIC DuckDB still counts on. */
function checkedSum(call: string): string {
  const most = "99999999999999999999999999999.999999999";
  return `CASE WHEN ${call} BETWEEN -${most} AND ${most} OR ${call} IS NULL THEN CAST(${call} AS DECIMAL(38,9)) ELSE error('numeric overflow: SUM') END`;
}

/** Infinite although every value is finite: BigQuery fails. */
export function floatSum(call: string, value: string, over: string): string {
  return `CASE WHEN isinf(${call}) AND NOT bool_or(isinf(${value}))${over} THEN error('double overflow: SUM') ELSE ${call} END`;
}
