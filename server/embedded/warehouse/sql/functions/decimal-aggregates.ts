import type { Typed } from "../types/typed.ts";
import type { CallSite } from "./call-site.ts";

/** AVG of NUMERIC or BIGNUMERIC: the exact sum, divided once. */
export function meanOfDecimals(site: CallSite & { over: string }, arg: Typed): Typed {
  const distinct = site.call.distinct ? "DISTINCT " : "";
  const [sum, count] = ["sum", "count"].map((fn) => `${fn}(${distinct}${arg.sql})${site.over}`);
  const sql =
    arg.type.kind === "BIGNUMERIC"
      ? `maestro_big_mean(${sum}, nullif(${count}, 0))`
      : `CAST(maestro_numeric_divide(CAST(${sum} AS VARCHAR), nullif(CAST(${count} AS VARCHAR), '0')) AS DECIMAL(38,9))`;
  return { sql, type: arg.type };
}
