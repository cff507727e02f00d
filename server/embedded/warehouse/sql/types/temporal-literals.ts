import { momentOf } from "../functions/date-parts.ts";
import { notSupported } from "../parse/positions.ts";
import { isZoneName } from "../runtime/time-zones.ts";
import { quoteString, type Typed } from "./typed.ts";
import type { GType } from "./types.ts";

const dateText = /^(\d{1,4})-(\d{1,2})-(\d{1,2})/;
const timeText = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?/;
const zoneText = /^(?:[zZ]| UTC|([+-])(\d{1,2})(?::(\d{1,2}))?| ([A-Za-z][\w+-]*(?:\/[\w+-]+)*))$/;

interface Parsed {
  date: string;
  time: string;
  rest: string;
  /** A time of day was written. */
  clock: boolean;
}

const pad = (text: string | undefined, width = 2) => (text ?? "").padStart(width, "0");

function parseDate(text: string): { date: string; rest: string } | null {
  const found = dateText.exec(text);
  if (!found) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const instant = new Date(Date.UTC(2000, 0, 1));
  instant.setUTCFullYear(year, month - 1, day);
  const real = instant.getUTCMonth() === month - 1 && instant.getUTCDate() === day;
  if (!real || year < 1) return null;
  return {
    date: `${pad(found[1], 4)}-${pad(found[2])}-${pad(found[3])}`,
    rest: text.slice(found[0].length),
  };
}

function parseTime(text: string): { time: string; rest: string } | null {
  const found = timeText.exec(text);
  if (!found) return null;
  const [hour, minute, second] = [Number(found[1]), Number(found[2]), Number(found[3])];
  // More than six digits would be lost; BigQuery refuses them too.
  if (hour > 23 || minute > 59 || second > 60 || (found[4] ?? "").length > 6) return null;
  if (second === 60) throw notSupported("a leap second in a literal");
  const fraction = found[4] ? `.${found[4]}` : "";
  return {
    time: `${pad(found[1])}:${pad(found[2])}:${pad(found[3])}${fraction}`,
    rest: text.slice(found[0].length),
  };
}

function parseDateTime(text: string): Parsed | null {
  const day = parseDate(text);
  if (!day) return null;
  const gap = /^[tT ](?=\d)/.exec(day.rest);
  if (!gap) return { date: day.date, time: "00:00:00", rest: day.rest, clock: false };
  const clock = parseTime(day.rest.slice(gap[0].length));
  return clock ? { date: day.date, ...clock, clock: true } : null;
}

/** A constant STRING as DATE, DATETIME, TIME or TIMESTAMP; null where BigQuery would not read it. */
export function parseTemporal(text: string, type: GType): Typed | null {
  const sql = temporalSql(text, type.kind);
  return sql === null ? null : { sql, type };
}

function temporalSql(text: string, kind: GType["kind"]): string | null {
  if (kind === "TIME") {
    const clock = parseTime(text);
    return clock?.rest === "" ? `TIME '${clock.time}'` : null;
  }
  const moment = parseDateTime(text);
  if (!moment) return null;
  if (kind === "DATE") {
    return moment.rest === "" && dateText.exec(text)?.[0] === text ? `DATE '${moment.date}'` : null;
  }
  if (kind === "DATETIME") {
    return moment.rest === "" ? `TIMESTAMP '${moment.date} ${moment.time}'` : null;
  }
  return kind === "TIMESTAMP" ? timestampSql(moment) : null;
}

/** The offset must not carry the moment out of the years 1 to 9999. */
function staysInRange(moment: Parsed, sign: string, minutes: number): boolean {
  const local = Date.parse(`${moment.date}T${moment.time.slice(0, 8)}Z`);
  const year = new Date(local - (sign === "+" ? 1 : -1) * minutes * 60_000).getUTCFullYear();
  return year >= 1 && year <= 9999;
}

function timestampSql(moment: Parsed): string | null {
  const local = `${moment.date} ${moment.time}`;
  if (moment.rest === "") return `TIMESTAMPTZ '${local}+00'`;
  const zone = zoneText.exec(moment.rest);
  if (!zone || !moment.clock) return null;
  const [, sign, hours, minutes, name] = zone;
  if (name !== undefined && name !== "UTC") {
    return isZoneName(name) ? momentOf(quoteString(name), `TIMESTAMP '${local}'`) : null;
  }
  if (sign === undefined) return `TIMESTAMPTZ '${local}+00'`;
  if (Number(hours) > 14 || Number(minutes ?? 0) > 59) return null;
  if (!staysInRange(moment, sign, Number(hours) * 60 + Number(minutes ?? 0))) return null;
  return `TIMESTAMPTZ '${local}${sign}${pad(hours)}:${pad(minutes ?? "00")}'`;
}
