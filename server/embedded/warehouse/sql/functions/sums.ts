/** Beyond the greatest NUMERIC DuckDB still counts on. */
export function numericSum(call: string): string {
  const most = "99999999999999999999999999999.999999999";
  return `CASE WHEN ${call} BETWEEN -${most} AND ${most} OR ${call} IS NULL THEN CAST(${call} AS DECIMAL(38,9)) ELSE error('numeric overflow: SUM') END`;
}

/** Infinite although every value is finite: BigQuery fails. */
export function floatSum(call: string, value: string, over: string): string {
  return `CASE WHEN isinf(${call}) AND NOT bool_or(isinf(${value}))${over} THEN error('double overflow: SUM') ELSE ${call} END`;
}
