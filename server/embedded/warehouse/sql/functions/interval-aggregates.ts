import { fill, type Typed } from "../types/typed.ts";
import { scalar } from "../types/types.ts";
import type { CallSite } from "./call-site.ts";
import { intervalNumbers } from "./interval-steps.ts";

type WindowedSite = CallSite & { over: string };

/** The sums of the months, of the days and of the microseconds. */
function sums(site: WindowedSite, value: string): string {
  const each = intervalNumbers.map((template) => {
    if (!site.call.distinct) return `sum(${fill(template, [value])})${site.over}`;
    const distinct = `array_agg(DISTINCT ${value}) FILTER (WHERE ${value} IS NOT NULL)${site.over}`;
    return `list_sum(list_transform(${distinct}, lambda _e: ${template.replaceAll("$1", "_e")}))`;
  });
  return each.map((sum) => `CAST(${sum} AS HUGEINT)`).join(", ");
}

export function sumOfIntervals(site: WindowedSite, { sql }: Typed): Typed {
  return { sql: `maestro_interval_parts(${sums(site, sql)})`, type: scalar("INTERVAL") };
}

export function meanOfIntervals(site: WindowedSite, { sql }: Typed): Typed {
  const distinct = site.call.distinct ? "DISTINCT " : "";
  const count = `nullif(count(${distinct}${sql})${site.over}, 0)`;
  return { sql: `maestro_interval_mean(${sums(site, sql)}, ${count})`, type: scalar("INTERVAL") };
}
