import { disputedUntil } from "../runtime/disputed-zones.ts";
import { isZoneName } from "../runtime/time-zones.ts";

/** The date parts: how each is truncated to, extracted and counted. `$1`, `$2` are the values. */

const weekdays = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

/**
 * The moment of a wall clock in a zone. An hour that happens twice is its first time to BigQuery, and
 * its second to DuckDB.
 */
export function momentOf(zone: string, local: string): string {
  return boundedTimestamp(inZone(zone, local, "-", namedMoment));
}

function namedMoment(zone: string, local: string): string {
  const later = `timezone(${zone}, ${local})`;
  const [earlier, nearer] = [`(${later} - INTERVAL 1 HOUR)`, `(${later} - INTERVAL 30 MINUTE)`];
  return `CASE WHEN timezone(${zone}, ${earlier}) = ${local} THEN ${earlier} WHEN timezone(${zone}, ${nearer}) = ${local} THEN ${nearer} ELSE ${later} END`;
}

/** The wall clock of a moment. */
export function clockIn(zone: string, instant: string): string {
  return inZone(zone, instant, "+", (name, value) => `timezone(${name}, ${value})`);
}

/** DuckDB knows zones by name only, and not "+05:30". */
function inZone(
  zone: string,
  value: string,
  sign: "+" | "-",
  named: (zone: string, value: string) => string,
): string {
  const name = /^'([\w/+-]+)'$/.exec(zone)?.[1];
  const refusal = `error('not supported by the local warehouse: so early a time in ' || ${zone})`;
  if (name !== undefined && isZoneName(name)) {
    const year = disputedUntil(name);
    return year === null
      ? named(zone, value)
      : `CASE WHEN ${value} < TIMESTAMP '${year}-01-02' THEN ${refusal} ELSE ${named(zone, value)} END`;
  }
  const shift = `maestro_zone_shift(${zone})`;
  const isEarly = `epoch_us(${value}) < maestro_zone_sure_from(${zone})`;
  // A zone that is none is an error only where there is a time.
  return `CASE WHEN ${value} IS NULL THEN NULL WHEN ${shift} IS NULL THEN CASE WHEN ${isEarly} THEN ${refusal} ELSE ${named(zone, value)} END ELSE timezone('UTC', ${value} ${sign} to_microseconds(${shift})) END`;
}

export const bounded = (sql: string) =>
  `CASE WHEN ${sql} > DATE '9999-12-31' OR ${sql} < DATE '0001-01-01' THEN error('Adding to a date causes overflow: ' || ${sql}) ELSE ${sql} END`;

/** The same for DATETIME. */
export const boundedMoment = (sql: string) =>
  `CASE WHEN ${sql} >= TIMESTAMP '10000-01-01 00:00:00' OR ${sql} < TIMESTAMP '0001-01-01 00:00:00' THEN error('Adding to a datetime causes overflow: ' || ${sql}) ELSE ${sql} END`;

export const boundedTimestamp = (sql: string) =>
  `CASE WHEN ${sql} >= TIMESTAMPTZ '10000-01-01 00:00:00+00' OR ${sql} < TIMESTAMPTZ '0001-01-01 00:00:00+00' THEN error('Adding to a timestamp causes overflow: ' || ${sql}) ELSE ${sql} END`;

/** Days since the week began, for a week that begins on `first` (0 is Sunday). */
const intoWeek = (value: string, first: number) =>
  first === 0 ? `dayofweek(${value})` : `((dayofweek(${value}) + ${7 - first}) % 7)`;

/** WEEK, WEEK(MONDAY), ISOWEEK: the weekday on which it begins; null for any other part. */
function weekStart(part: string): number | null {
  if (part === "WEEK") return 0;
  if (part === "ISOWEEK") return 1;
  const named = /^WEEK\((\w+)\)$/.exec(part)?.[1];
  const index = named === undefined ? -1 : weekdays.indexOf(named);
  return index < 0 ? null : index;
}

const calendarParts = new Set(["MONTH", "QUARTER", "YEAR"]);
export const clockParts = new Set(["HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"]);

/** A DATE truncated; null where there is no such part. */
export function truncateDate(part: string, value: string): string | null {
  if (part === "DAY") return value;
  const first = weekStart(part);
  if (first !== null) return bounded(`(${value} - CAST(${intoWeek(value, first)} AS INTEGER))`);
  if (calendarParts.has(part)) return `CAST(date_trunc('${part.toLowerCase()}', ${value}) AS DATE)`;
  if (part === "ISOYEAR") {
    return `CAST(date_trunc('week', make_date(CAST(isoyear(${value}) AS BIGINT), 1, 4)) AS DATE)`;
  }
  return null;
}

export function truncateDateTime(part: string, value: string): string | null {
  if (part === "MICROSECOND") return value;
  if (clockParts.has(part)) return `date_trunc('${part.toLowerCase()}', ${value})`;
  const day = truncateDate(part, `CAST(${value} AS DATE)`);
  return day && `CAST(${day} AS TIMESTAMP)`;
}

/** TIME has no date_trunc in DuckDB: it is moved to a day and back. */
export function truncateTime(part: string, value: string): string | null {
  if (!clockParts.has(part)) return null;
  const moment = `(DATE '2000-01-01' + ${value})`;
  return `CAST(${truncateDateTime(part, moment)} AS TIME)`;
}

const dateExtracts: Record<string, string> = {
  YEAR: "year($1)",
  ISOYEAR: "isoyear($1)",
  QUARTER: "quarter($1)",
  MONTH: "month($1)",
  ISOWEEK: "weekofyear($1)",
  DAY: "day($1)",
  DAYOFYEAR: "dayofyear($1)",
  DAYOFWEEK: "(dayofweek($1) + 1)",
};

const clockExtracts: Record<string, string> = {
  HOUR: "hour($1)",
  MINUTE: "minute($1)",
  SECOND: "second($1)",
  MILLISECOND: "(millisecond($1) % 1000)",
  MICROSECOND: "(microsecond($1) % 1000000)",
};

/** EXTRACT of a DATE, DATETIME or TIME as INT64. */
export function extractTemplate(part: string, kind: string): string | null {
  const clock = kind === "DATETIME" || kind === "TIME" ? clockExtracts[part] : undefined;
  if (clock) return clock;
  if (kind !== "DATE" && kind !== "DATETIME") return null;
  const plain = dateExtracts[part];
  if (plain) return plain;
  const first = part.startsWith("WEEK") ? weekStart(part) : null;
  return first === null ? null : `((dayofyear($1) + 6 - ${intoWeek("$1", first)}) // 7)`;
}

/** Boundaries of the part between two DATEs. */
export function dateDiff(part: string, a: string, b: string): string | null {
  if (part === "DAY") return `(${a} - ${b})`;
  const first = weekStart(part);
  if (first !== null) return `((${truncateDate(part, a)} - ${truncateDate(part, b)}) // 7)`;
  if (part === "ISOYEAR") return `(isoyear(${a}) - isoyear(${b}))`;
  return calendarParts.has(part) ? `date_diff('${part.toLowerCase()}', ${b}, ${a})` : null;
}

export function dateTimeDiff(part: string, a: string, b: string): string | null {
  if (clockParts.has(part)) return `date_diff('${part.toLowerCase()}', ${b}, ${a})`;
  return dateDiff(part, `CAST(${a} AS DATE)`, `CAST(${b} AS DATE)`);
}

const microseconds: Record<string, number> = {
  MICROSECOND: 1,
  MILLISECOND: 1000,
  SECOND: 1_000_000,
  MINUTE: 60_000_000,
  HOUR: 3_600_000_000,
  DAY: 86_400_000_000,
};

/** Whole intervals between two TIMESTAMPs: it does not count boundaries. */
export function timestampDiff(part: string, a: string, b: string): string | null {
  const unit = microseconds[part];
  return unit === undefined ? null : `((epoch_us(${a}) - epoch_us(${b})) // ${unit})`;
}

const months: Record<string, number> = { MONTH: 1, QUARTER: 3, YEAR: 12 };

/** `$1` moved by `$2` parts (negative goes back), for DATE. */
export function addToDate(part: string): string | null {
  if (part === "DAY") return bounded("($1 + CAST($2 AS INTEGER))");
  if (part === "WEEK") return bounded("($1 + CAST($2 * 7 AS INTEGER))");
  const factor = months[part];
  return factor === undefined
    ? null
    : bounded(`CAST($1 + to_months(CAST($2 * ${factor} AS INTEGER)) AS DATE)`);
}

export function addToDateTime(part: string): string | null {
  const factor = months[part];
  if (factor !== undefined) {
    return boundedMoment(`($1 + to_months(CAST($2 * ${factor} AS INTEGER)))`);
  }
  const span = part === "WEEK" ? 604_800_000_000 : microseconds[part];
  return span === undefined ? null : boundedMoment(`($1 + to_microseconds($2 * ${span}))`);
}

/** Without the check, for TIME to wrap around. */
export function addMicroseconds(part: string): string | null {
  const unit = microseconds[part];
  return unit === undefined ? null : `($1 + to_microseconds($2 * ${unit}))`;
}

export function addToTimestamp(part: string): string | null {
  const sum = addMicroseconds(part);
  return sum && boundedTimestamp(sum);
}
