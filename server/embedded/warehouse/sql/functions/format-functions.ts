import type { FunctionTable } from "./call-site.ts";
import { boundedTimestamp, clockIn, momentOf } from "./date-parts.ts";

/** The wall clock of a TIMESTAMP, in microseconds. */
const wallClock = (zone: string) => `epoch_us(${clockIn(zone, "$2")})`;

const format = (kind: string, local: string, instant: string, zone = "'UTC'") =>
  `CASE WHEN $1 IS NOT NULL THEN maestro_format_time('${kind}', $1, ${local}, ${instant}, ${zone}) END`;

const parsed = (kind: string) => `maestro_parse_time('${kind}', $1, $2)`;
const local = (text: string) => `make_timestamp(CAST(rtrim(${text}, 'Z') AS BIGINT))`;

const day = "epoch_us(CAST($2 AS TIMESTAMP))";
const timeOfDay = "epoch_us(DATE '1970-01-01' + $2)";

/** A text with an offset is a moment; one without stands on the clock of the zone. */
const timestamp = (zone: string) =>
  `CASE WHEN ends_with(${parsed("TIMESTAMP")}, 'Z') THEN ${boundedTimestamp(`timezone('UTC', ${local(parsed("TIMESTAMP"))})`)} ELSE ${momentOf(zone, local(parsed("TIMESTAMP")))} END`;

/** FORMAT_DATE and PARSE_DATE with their like, which JavaScript computes: strftime differs too often. */
export const formatFunctions: FunctionTable = {
  FORMAT_DATE: [["STRING, DATE -> STRING", format("DATE", day, day)]],
  FORMAT_DATETIME: [
    ["STRING, DATETIME -> STRING", format("DATETIME", "epoch_us($2)", "epoch_us($2)")],
  ],
  FORMAT_TIME: [["STRING, TIME -> STRING", format("TIME", timeOfDay, timeOfDay)]],
  FORMAT_TIMESTAMP: [
    ["STRING, TIMESTAMP -> STRING", format("TIMESTAMP", wallClock("'UTC'"), "epoch_us($2)")],
    [
      "STRING, TIMESTAMP, STRING -> STRING",
      format("TIMESTAMP", wallClock("$3"), "epoch_us($2)", "$3"),
    ],
  ],
  PARSE_DATE: [["STRING, STRING -> DATE", `CAST(${local(parsed("DATE"))} AS DATE)`]],
  PARSE_DATETIME: [["STRING, STRING -> DATETIME", local(parsed("DATETIME"))]],
  PARSE_TIME: [["STRING, STRING -> TIME", `CAST(${local(parsed("TIME"))} AS TIME)`]],
  PARSE_TIMESTAMP: [
    ["STRING, STRING -> TIMESTAMP", timestamp("'UTC'")],
    ["STRING, STRING, STRING -> TIMESTAMP", timestamp("$3")],
  ],
};
