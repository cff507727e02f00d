import { bigNumericOperators } from "./big-numeric-functions.ts";
import type { FunctionRows } from "./call-site.ts";
import { bounded } from "./date-parts.ts";
import { intervalSteps, momentDifference, momentStep, timestampStep } from "./interval-steps.ts";

const floatDivision =
  "CASE WHEN $2 = 0 AND $1 IS NOT NULL THEN error('division by zero: ' || maestro_float_text($1) || ' / ' || maestro_float_text($2)) WHEN isinf($1 / $2) AND isfinite($1) THEN error('double overflow: ' || maestro_float_text($1) || ' / ' || maestro_float_text($2)) ELSE $1 / $2 END";
const numericDivision =
  "CASE WHEN $2 = 0 AND $1 IS NOT NULL THEN error('division by zero: ' || CAST($1 AS VARCHAR)) ELSE CAST(maestro_numeric_divide(CAST($1 AS VARCHAR), CAST($2 AS VARCHAR)) AS DECIMAL(38,9)) END";

/**
 * A product of DECIMAL(38,9) has 18 digits after the point, and DuckDB takes microseconds to round
 * them away. Factors below 10^9 with four and five digits after the point, as amounts and rates have
 * them, multiply exactly in native integers; others go the slow way. One of DECIMAL(19,4) is wide
 * enough that DuckDB does not keep the product in 64 bits, where it would overflow.
 */
const small = (arg: string) => `TRY_CAST(${arg} AS DECIMAL(18,9))`;
const hasDigits = (arg: string, digits: number) =>
  `${small(arg)} % ${(10 ** -digits).toFixed(digits)}::DECIMAL(18,9) = 0::DECIMAL(18,9)`;
const numericProduct = `CASE WHEN ${hasDigits("$1", 4)} AND ${hasDigits("$2", 5)} THEN CAST(CAST(${small("$1")} AS DECIMAL(19,4)) * CAST(${small("$2")} AS DECIMAL(18,5)) AS DECIMAL(38,9)) ELSE CAST(maestro_numeric_multiply(CAST($1 AS VARCHAR), CAST($2 AS VARCHAR)) AS DECIMAL(38,9)) END`;

/** Operators by GoogleSQL's sign. DuckDB checks BIGINT for overflow by itself. */
const ownOperators: Record<string, FunctionRows> = {
  "unary-": [
    ["INT64 -> INT64", "(- $1)"],
    ["NUMERIC -> NUMERIC", "(- $1)"],
    ["FLOAT64 -> FLOAT64", "(- $1)"],
    ["INTERVAL -> INTERVAL", "(- $1)"],
  ],
  "unary+": [
    ["INT64 -> INT64", "$1"],
    ["NUMERIC -> NUMERIC", "$1"],
    ["FLOAT64 -> FLOAT64", "$1"],
  ],
  "unary~": [
    ["INT64 -> INT64", "(~ $1)"],
    ["BYTES -> BYTES", "maestro_bytes_not($1)"],
  ],
  "+": [
    ["INT64, INT64 -> INT64", "($1 + $2)"],
    ["NUMERIC, NUMERIC -> NUMERIC", "($1 + $2)"],
    ["FLOAT64, FLOAT64 -> FLOAT64", "($1 + $2)"],
    ["DATE, INT64 -> DATE", bounded("($1 + CAST($2 AS INTEGER))")],
    ["INT64, DATE -> DATE", bounded("($2 + CAST($1 AS INTEGER))")],
    ["INTERVAL, INTERVAL -> INTERVAL", "maestro_interval_add($1, $2)"],
    ...intervalSteps("+", "$1", "$2"),
    ["INTERVAL, DATE -> DATETIME", momentStep("+", "CAST($2 AS TIMESTAMP)", "$1")],
    ["INTERVAL, DATETIME -> DATETIME", momentStep("+", "$2", "$1")],
    ["INTERVAL, TIMESTAMP -> TIMESTAMP", timestampStep("+", "$2", "$1")],
  ],
  "-": [
    ["INT64, INT64 -> INT64", "($1 - $2)"],
    ["NUMERIC, NUMERIC -> NUMERIC", "($1 - $2)"],
    ["FLOAT64, FLOAT64 -> FLOAT64", "($1 - $2)"],
    ["DATE, INT64 -> DATE", bounded("($1 - CAST($2 AS INTEGER))")],
    ["DATE, DATE -> INTERVAL", "to_days(CAST($1 - $2 AS INTEGER))"],
    ["TIMESTAMP, TIMESTAMP -> INTERVAL", "to_microseconds(epoch_us($1) - epoch_us($2))"],
    ["DATETIME, DATETIME -> INTERVAL", momentDifference],
    ["TIME, TIME -> INTERVAL", "to_microseconds(epoch_us($1) - epoch_us($2))"],
    ["INTERVAL, INTERVAL -> INTERVAL", "maestro_interval_subtract($1, $2)"],
    ...intervalSteps("-", "$1", "$2"),
  ],
  "*": [
    ["INT64, INT64 -> INT64", "($1 * $2)"],
    ["NUMERIC, NUMERIC -> NUMERIC", numericProduct],
    ["FLOAT64, FLOAT64 -> FLOAT64", "($1 * $2)"],
    ["INTERVAL, INT64 -> INTERVAL", "maestro_interval_multiply($1, $2)"],
    ["INT64, INTERVAL -> INTERVAL", "maestro_interval_multiply($2, $1)"],
  ],
  "/": [
    [
      "INT64, INT64 -> FLOAT64",
      floatDivision.replaceAll("$1", "CAST($1 AS DOUBLE)").replaceAll("$2", "CAST($2 AS DOUBLE)"),
    ],
    ["NUMERIC, NUMERIC -> NUMERIC", numericDivision],
    ["FLOAT64, FLOAT64 -> FLOAT64", floatDivision],
    ["INTERVAL, INT64 -> INTERVAL", "maestro_interval_divide($1, $2)"],
  ],
  "||": [
    ["STRING, STRING -> STRING", "($1 || $2)"],
    ["BYTES, BYTES -> BYTES", "($1 || $2)"],
    [
      "ARRAY<T>, ARRAY<T> -> ARRAY<T>",
      "CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL ELSE list_concat($1, $2) END",
    ],
  ],
  "<<": [
    ["INT64, INT64 -> INT64", "maestro_shift($1, $2)"],
    ["BYTES, INT64 -> BYTES", "maestro_bytes_left($1, $2)"],
  ],
  ">>": [
    ["INT64, INT64 -> INT64", "maestro_shift_back($1, $2)"],
    ["BYTES, INT64 -> BYTES", "maestro_bytes_right($1, $2)"],
  ],
  "&": [
    ["INT64, INT64 -> INT64", "($1 & $2)"],
    ["BYTES, BYTES -> BYTES", "maestro_bytes_and($1, $2)"],
  ],
  "|": [
    ["INT64, INT64 -> INT64", "($1 | $2)"],
    ["BYTES, BYTES -> BYTES", "maestro_bytes_or($1, $2)"],
  ],
  "^": [
    ["INT64, INT64 -> INT64", "xor($1, $2)"],
    ["BYTES, BYTES -> BYTES", "maestro_bytes_xor($1, $2)"],
  ],
};

export const operatorTable: Record<string, FunctionRows> = Object.fromEntries(
  Object.entries(ownOperators).map(([sign, rows]) => [
    sign,
    [...rows, ...(bigNumericOperators[sign] ?? [])],
  ]),
);
