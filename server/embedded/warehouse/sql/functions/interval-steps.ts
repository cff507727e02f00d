import type { FunctionRows } from "./call-site.ts";
import { boundedMoment, boundedTimestamp } from "./date-parts.ts";

type Sign = "+" | "-";

const wholeMonths = (interval: string) => `(year(${interval}) * 12 + month(${interval}))`;

/** The moment after the months, and after the days: each has to be in the calendar for itself. */
function stepwise(sign: Sign, moment: string, interval: string): [string, string] {
  const byMonths = `(${moment} ${sign} to_months(CAST(${wholeMonths(interval)} AS INTEGER)))`;
  return [byMonths, `(${byMonths} ${sign} to_days(CAST(day(${interval}) AS INTEGER)))`];
}

const outside = (moment: string, literal: "TIMESTAMP" | "TIMESTAMPTZ") =>
  `(${moment} >= ${literal} '10000-01-01 00:00:00' OR ${moment} < ${literal} '0001-01-01 00:00:00')`;

export function momentStep(sign: Sign, moment: string, interval: string): string {
  const steps = stepwise(sign, moment, interval);
  const left = steps.map((step) => outside(step, "TIMESTAMP")).join(" OR ");
  const sum = boundedMoment(`(${moment} ${sign} ${interval})`);
  return `CASE WHEN ${left} THEN error('Adding to a datetime causes overflow: ' || ${moment}) ELSE ${sum} END`;
}

export function timestampStep(sign: Sign, moment: string, interval: string): string {
  const [, byDays] = stepwise(sign, moment, interval);
  const sum = boundedTimestamp(`(${moment} ${sign} ${interval})`);
  return `CASE WHEN ${wholeMonths(interval)} <> 0 THEN error('TIMESTAMP +/- INTERVAL is not supported for intervals with non-zero MONTH or YEAR part.' || left(CAST(${moment} AS VARCHAR), 0)) WHEN ${outside(byDays, "TIMESTAMPTZ")} THEN error('Adding to a timestamp causes overflow: ' || ${moment}) ELSE ${sum} END`;
}

/** What is moved by an interval that stands after it. */
export function intervalSteps(sign: Sign, moment: string, interval: string): FunctionRows {
  return [
    ["DATE, INTERVAL -> DATETIME", momentStep(sign, `CAST(${moment} AS TIMESTAMP)`, interval)],
    ["DATETIME, INTERVAL -> DATETIME", momentStep(sign, moment, interval)],
    ["TIMESTAMP, INTERVAL -> TIMESTAMP", timestampStep(sign, moment, interval)],
  ];
}

const dayMicros = 86_400_000_000;
const microsBetween = "(epoch_us($1) - epoch_us($2))";

/** Two DATETIMEs differ by days and by hours, of one sign. */
export const momentDifference = `(to_days(CAST(${microsBetween} // ${dayMicros} AS INTEGER)) + to_microseconds(${microsBetween} % ${dayMicros}))`;

/** EXTRACT(part FROM interval). */
export const intervalExtracts: Record<string, string> = {
  YEAR: "year($1)",
  MONTH: "month($1)",
  DAY: "day($1)",
  HOUR: "hour($1)",
  MINUTE: "minute($1)",
  SECOND: "second($1)",
  MILLISECOND: "(millisecond($1) % 1000)",
  MICROSECOND: "(microsecond($1) % 1000000)",
};

/** Its three numbers, for sums. */
export const intervalNumbers = [
  wholeMonths("$1"),
  "day($1)",
  "(hour($1) * 3600000000 + minute($1) * 60000000 + microsecond($1))",
];
