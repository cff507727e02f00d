import { castTemplate } from "../types/casts.ts";
import { string, type Typed } from "../types/typed.ts";
import { scalar } from "../types/types.ts";
import type { CallSite, FunctionTable } from "./call-site.ts";
import { asKind } from "./date-functions.ts";
import { bounded, boundedMoment, boundedTimestamp, clockIn, momentOf } from "./date-parts.ts";

const castOf = (from: string, to: string) => `${from} -> ${to}`;

/** The whole job has one instant. */
function nowSql(site: CallSite): string {
  return `TIMESTAMPTZ '${site.ctx.options.now.toISOString().replace("T", " ").replace("Z", "+00")}'`;
}

function current(kind: "DATE" | "DATETIME" | "TIME" | "TIMESTAMP") {
  return (site: CallSite): Typed => {
    if (kind === "TIMESTAMP") return { sql: nowSql(site), type: scalar("TIMESTAMP") };
    const zone = site.call.args.length > 0 ? asKind(site, 0, "STRING") : string("UTC");
    const local = clockIn(zone.sql, nowSql(site));
    const cast = { DATE: "DATE", DATETIME: "TIMESTAMP", TIME: "TIME" }[kind];
    return { sql: `CAST(${local} AS ${cast})`, type: scalar(kind) };
  };
}

const textToTimestamp =
  "CASE WHEN $1 IS NULL THEN NULL WHEN regexp_full_match($1, '\\d{1,4}-\\d{1,2}-\\d{1,2}([tT ]\\d{1,2}:\\d{1,2}:\\d{1,2}(\\.\\d{1,6})?(\\s*([zZ]|UTC|[+-]\\d{2}(:\\d{2})?))?)?') THEN CAST($1 AS TIMESTAMPTZ) WHEN regexp_full_match($1, '\\d{1,4}-.*[A-Za-z]+/[A-Za-z0-9_+-]+') THEN error('not supported by the local warehouse: a time zone by name in ' || $1) ELSE error('Invalid timestamp: ' || $1) END";

const plainMoment = "\\d{1,4}-\\d{1,2}-\\d{1,2}([tT ]\\d{1,2}:\\d{1,2}:\\d{1,2}(\\.\\d{1,6})?)?";

/** As a TIMESTAMP is cast, on the clock of the zone and with its offset. */
const zonedText = `maestro_zoned_text(epoch_us(${clockIn("$2", "$1")}), epoch_us($1))`;

/** Functions that make dates and times, and take them apart by type. */
export const timeConstructors: FunctionTable = {
  CURRENT_DATE: current("DATE"),
  CURRENT_DATETIME: current("DATETIME"),
  CURRENT_TIME: current("TIME"),
  CURRENT_TIMESTAMP: current("TIMESTAMP"),
  DATE: [
    ["INT64, INT64, INT64 -> DATE", bounded("make_date($1, $2, $3)")],
    [castOf("DATE", "DATE"), "$1"],
    [castOf("DATETIME", "DATE"), "CAST($1 AS DATE)"],
    [castOf("TIMESTAMP", "DATE"), "CAST(timezone('UTC', $1) AS DATE)"],
    ["TIMESTAMP, STRING -> DATE", `CAST(${clockIn("$2", "$1")} AS DATE)`],
  ],
  DATETIME: [
    [
      "INT64, INT64, INT64, INT64, INT64, INT64 -> DATETIME",
      `CASE WHEN $4 = 24 THEN error('Input calculates to invalid datetime at hour ' || $4) ELSE ${boundedMoment("make_timestamp($1, $2, $3, $4, $5, CAST($6 AS DOUBLE))")} END`,
    ],
    ["DATE, TIME -> DATETIME", "($1 + $2)"],
    ["DATETIME -> DATETIME", "$1"],
    ["DATE -> DATETIME", "CAST($1 AS TIMESTAMP)"],
    ["TIMESTAMP -> DATETIME", "timezone('UTC', $1)"],
    ["TIMESTAMP, STRING -> DATETIME", clockIn("$2", "$1")],
  ],
  TIME: [
    [
      "INT64, INT64, INT64 -> TIME",
      "CASE WHEN $1 = 24 THEN error('Input calculates to invalid time at hour ' || $1) ELSE make_time($1, $2, CAST($3 AS DOUBLE)) END",
    ],
    ["DATETIME -> TIME", "CAST($1 AS TIME)"],
    ["TIMESTAMP -> TIME", "CAST(timezone('UTC', $1) AS TIME)"],
    ["TIMESTAMP, STRING -> TIME", `CAST(${clockIn("$2", "$1")} AS TIME)`],
    ["TIME -> TIME", "$1"],
  ],
  TIMESTAMP: [
    ["STRING -> TIMESTAMP", textToTimestamp],
    [
      "STRING, STRING -> TIMESTAMP",
      `CASE WHEN regexp_full_match($1, '${plainMoment}') THEN ${momentOf("$2", "CAST($1 AS TIMESTAMP)")} ELSE error('Invalid timestamp: ' || $1) END`,
    ],
    ["DATETIME -> TIMESTAMP", "timezone('UTC', $1)"],
    ["DATETIME, STRING -> TIMESTAMP", momentOf("$2", "$1")],
    ["DATE -> TIMESTAMP", "timezone('UTC', CAST($1 AS TIMESTAMP))"],
    ["DATE, STRING -> TIMESTAMP", momentOf("$2", "CAST($1 AS TIMESTAMP)")],
    ["TIMESTAMP -> TIMESTAMP", "$1"],
  ],
  STRING: [
    ["DATE -> STRING", castTemplate("DATE")],
    ["DATETIME -> STRING", castTemplate("DATETIME")],
    ["TIME -> STRING", castTemplate("TIME")],
    ["TIMESTAMP -> STRING", castTemplate("TIMESTAMP")],
    ["TIMESTAMP, STRING -> STRING", zonedText],
    ["JSON -> STRING", "maestro_json_scalar('STRING', CAST($1 AS VARCHAR))"],
  ],
  UNIX_SECONDS: [["TIMESTAMP -> INT64", "CAST(floor(epoch_us($1) / 1000000) AS BIGINT)"]],
  UNIX_MILLIS: [["TIMESTAMP -> INT64", "CAST(floor(epoch_us($1) / 1000) AS BIGINT)"]],
  UNIX_MICROS: [["TIMESTAMP -> INT64", "epoch_us($1)"]],
  UNIX_DATE: [["DATE -> INT64", "CAST($1 - DATE '1970-01-01' AS BIGINT)"]],
  DATE_FROM_UNIX_DATE: [["INT64 -> DATE", bounded("(DATE '1970-01-01' + CAST($1 AS INTEGER))")]],
  TIMESTAMP_SECONDS: [
    [
      "INT64 -> TIMESTAMP",
      boundedTimestamp("(TIMESTAMPTZ '1970-01-01 00:00:00+00' + to_microseconds($1 * 1000000))"),
    ],
  ],
  TIMESTAMP_MILLIS: [
    [
      "INT64 -> TIMESTAMP",
      boundedTimestamp("(TIMESTAMPTZ '1970-01-01 00:00:00+00' + to_microseconds($1 * 1000))"),
    ],
  ],
  TIMESTAMP_MICROS: [
    [
      "INT64 -> TIMESTAMP",
      boundedTimestamp("(TIMESTAMPTZ '1970-01-01 00:00:00+00' + to_microseconds($1))"),
    ],
  ],
};
