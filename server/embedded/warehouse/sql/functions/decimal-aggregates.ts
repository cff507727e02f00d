import { exactNumeric, exactSum, mostRows, quotient } from "../types/exact-decimals.ts";
import type { Typed } from "../types/typed.ts";
import type { CallSite } from "./call-site.ts";

/** AVG of NUMERIC or BIGNUMERIC: the exact sum, divided once. */
export function meanOfDecimals(site: CallSite & { over: string }, arg: Typed): Typed {
  const distinct = site.call.distinct ? "DISTINCT " : "";
  const aggregate = (fn: string, value: string) => `${fn}(${distinct}${value})${site.over}`;
  const mean = meanOfSmall(aggregate, arg);
  if (mean) return mean;
  const [sum, count] = [aggregate("sum", arg.sql), aggregate("count", arg.sql)];
  const sql =
    arg.type.kind === "BIGNUMERIC"
      ? `maestro_big_mean(${sum}, nullif(${count}, 0))`
      : `CAST(maestro_numeric_divide(CAST(${sum} AS VARCHAR), nullif(CAST(${count} AS VARCHAR), '0')) AS DECIMAL(38,9))`;
  return { sql, type: arg.type };
}

function meanOfSmall(
  aggregate: (fn: string, value: string) => string,
  { exact }: Typed,
): Typed | null {
  const sum = exact && exactSum(aggregate("sum", exact.sql), exact);
  if (!exact || !sum) return null;
  const count = { sql: aggregate("count", exact.sql), width: 19, scale: 0, most: mostRows };
  const mean = quotient(sum, count);
  // A mean is no farther from zero than what it is of.
  const most = exact.most * 10n ** BigInt(9 - exact.scale);
  return mean && exactNumeric(mean.scale === 9 ? { ...mean, most } : mean);
}
