import { bigNumericRows } from "./big-numeric-functions.ts";
import type { FunctionRows, FunctionTable } from "./call-site.ts";

const float1 = (sql: string): FunctionRows => [
  ["FLOAT64 -> FLOAT64", sql],
  ["INT64 -> FLOAT64", sql.replaceAll("$1", "CAST($1 AS DOUBLE)")],
  ["NUMERIC -> NUMERIC", null],
];

const numeric1 = (sql: string): FunctionRows => [
  ["INT64 -> INT64", sql],
  ["NUMERIC -> NUMERIC", sql],
  ["FLOAT64 -> FLOAT64", sql],
];

/** NUMERIC stays NUMERIC, and whole numbers become FLOAT64. */
const rounding = (fn: string): FunctionRows => [
  ["INT64 -> FLOAT64", `${fn}(CAST($1 AS DOUBLE))`],
  ["NUMERIC -> NUMERIC", `CAST(${fn}($1) AS DECIMAL(38,9))`],
  ["FLOAT64 -> FLOAT64", `${fn}($1)`],
];

/** Of infinity the functions of angles make NaN; DuckDB fails. */
const noInfinity = (sql: string) => `CASE WHEN isinf($1) THEN 'nan'::DOUBLE ELSE ${sql} END`;

const domain = (test: string, name: string, sql: string) =>
  `CASE WHEN ${test} THEN error('Floating point error in function: ${name}(' || maestro_float_text($1) || ')') ELSE ${sql} END`;

const logarithm = (name: string, sql: string) =>
  `CASE WHEN $1 = '-inf'::DOUBLE THEN 'nan'::DOUBLE ELSE ${domain("$1 <= 0", name, sql)} END`;

const logarithmOfTwo = `CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL AND NOT (isfinite($1) AND isfinite($2)) THEN error('not supported by the local warehouse: LOG of ' || maestro_float_text($1)) WHEN $1 IS NULL OR $2 IS NULL THEN NULL ELSE ${domain("$1 <= 0 OR $2 <= 0 OR $2 = 1", "LOG", "ln($1) / ln($2)")} END`;

const finite = (name: string, sql: string, args = "isfinite($1)") =>
  `CASE WHEN NOT isfinite(${sql}) AND ${args} THEN error('Floating point error in function: ${name}(' || maestro_float_text($1) || ')') ELSE ${sql} END`;

const noZero = (name: string, template: string) =>
  `CASE WHEN $2 = 0 AND $1 IS NOT NULL THEN error('division by zero: ${name}(' || $1 || ', ' || $2 || ')') ELSE ${template} END`;

/** Work for JavaScript, on the digits. */
const ofNumeric = (fn: string, more = "") =>
  `CAST(${fn}(CAST($1 AS VARCHAR)${more === "" ? "" : `, ${more}`}) AS DECIMAL(38,9))`;

const ofNumerics = (fn: string) => ofNumeric(fn, "CAST($2 AS VARCHAR)");

/** NULL beyond the greatest NUMERIC, which DuckDB passes over. */
const inNumeric = (sql: string) =>
  `CASE WHEN ${sql} BETWEEN -${greatest} AND ${greatest} THEN ${sql} END`;
const greatest = "99999999999999999999999999999.999999999";

/** NULL where finite numbers make an infinite one. */
const safeFloat = (sql: string) =>
  `CASE WHEN isinf(${sql}) AND isfinite($1) AND isfinite($2) THEN NULL ELSE ${sql} END`;

/** How many of the bounds, which ascend, are not above the point. */
const rangeBucket = [
  "INT64",
  "FLOAT64",
  "NUMERIC",
  "STRING",
  "BYTES",
  "BOOL",
  "DATE",
  "DATETIME",
  "TIMESTAMP",
  "TIME",
].map((kind): [string, string] => {
  const nan =
    kind === "FLOAT64"
      ? " WHEN isnan($1) OR len(list_filter($2, lambda _e: isnan(_e))) > 0 THEN error('not supported by the local warehouse: RANGE_BUCKET with NaN')"
      : "";
  return [
    `${kind}, ARRAY<${kind}> -> INT64`,
    `CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN len(list_filter($2, lambda _e: _e IS NULL)) > 0 THEN error('Elements in input array to RANGE_BUCKET cannot be null.' || len($2))${nan} WHEN list_sort($2) <> $2 THEN error('Elements in input array to RANGE_BUCKET must be in ascending order.' || len($2)) ELSE CAST(len(list_filter($2, lambda _e: _e <= $1)) AS BIGINT) END`,
  ];
});

const int64 = ["INT64, INT64 -> INT64"] as const;
const float64 = ["FLOAT64, FLOAT64 -> FLOAT64"] as const;

/**
 * Rounding the exact binary value is work for JavaScript; away from a half, and where the digits fit a
 * FLOAT64, the scaled number rounds the same.
 */
const quickRound =
  "CASE WHEN $2 BETWEEN 0 AND 15 AND abs($1 * pow(10, $2)) < 1e14 AND abs(abs($1 * pow(10, $2)) % 1 - 0.5) > 1e-3 THEN round($1 * pow(10, $2)) / pow(10, $2) ELSE maestro_round($1, $2) END";

const ieeeDivision =
  "CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN $2 = 0 AND ($1 = 0 OR isnan($1)) THEN 'nan'::DOUBLE WHEN $2 = 0 THEN CASE WHEN ($1 > 0) = (CAST($2 AS VARCHAR) NOT LIKE '-%') THEN 'inf'::DOUBLE ELSE '-inf'::DOUBLE END ELSE $1 / $2 END";

const ownFunctions: Record<string, FunctionRows> = {
  ABS: numeric1("abs($1)"),
  SIGN: [
    ["INT64 -> INT64", "CAST(sign($1) AS BIGINT)"],
    ["NUMERIC -> NUMERIC", "CAST(sign($1) AS DECIMAL(38,9))"],
    ["FLOAT64 -> FLOAT64", "CASE WHEN isnan($1) THEN $1 ELSE CAST(sign($1) AS DOUBLE) END"],
  ],
  CEIL: rounding("ceil"),
  CEILING: rounding("ceil"),
  FLOOR: rounding("floor"),
  ROUND: [
    ...rounding("round"),
    [
      "NUMERIC, INT64 -> NUMERIC",
      ofNumeric("maestro_numeric_round", "$2, 'ROUND_HALF_AWAY_FROM_ZERO'"),
    ],
    ["NUMERIC, INT64, STRING -> NUMERIC", ofNumeric("maestro_numeric_round", "$2, $3")],
    ["INT64, INT64 -> FLOAT64", quickRound.replaceAll("$1", "CAST($1 AS DOUBLE)")],
    ["FLOAT64, INT64 -> FLOAT64", quickRound],
  ],
  TRUNC: [
    ...rounding("trunc"),
    ["NUMERIC, INT64 -> NUMERIC", ofNumeric("maestro_numeric_round", "$2, 'TRUNCATE'")],
    ["FLOAT64, INT64 -> FLOAT64", "maestro_trunc($1, $2)"],
  ],
  MOD: [
    [...int64, noZero("MOD", "CASE WHEN $2 = -1 THEN $1 * 0 ELSE $1 % $2 END")],
    ["NUMERIC, NUMERIC -> NUMERIC", noZero("MOD", "CAST($1 % $2 AS DECIMAL(38,9))")],
  ],
  DIV: [
    [...int64, noZero("DIV", "$1 // $2")],
    ["NUMERIC, NUMERIC -> NUMERIC", noZero("DIV", ofNumerics("maestro_numeric_div"))],
  ],
  SAFE_DIVIDE: [
    [
      "INT64, INT64 -> FLOAT64",
      "CASE WHEN $2 = 0 THEN NULL ELSE CAST($1 AS DOUBLE) / CAST($2 AS DOUBLE) END",
    ],
    [
      "NUMERIC, NUMERIC -> NUMERIC",
      "CASE WHEN $2 = 0 THEN NULL ELSE TRY_CAST(maestro_numeric_divide(CAST($1 AS VARCHAR), CAST($2 AS VARCHAR)) AS DECIMAL(38,9)) END",
    ],
    [
      ...float64,
      "CASE WHEN $2 = 0 OR (isinf($1 / $2) AND isfinite($1)) THEN NULL ELSE $1 / $2 END",
    ],
  ],
  IEEE_DIVIDE: [
    [
      "INT64, INT64 -> FLOAT64",
      ieeeDivision.replaceAll("$1", "CAST($1 AS DOUBLE)").replaceAll("$2", "CAST($2 AS DOUBLE)"),
    ],
    [...float64, ieeeDivision],
  ],
  SAFE_ADD: [
    [...int64, "TRY($1 + $2)"],
    ["NUMERIC, NUMERIC -> NUMERIC", inNumeric("TRY($1 + $2)")],
    [...float64, safeFloat("$1 + $2")],
  ],
  SAFE_SUBTRACT: [
    [...int64, "TRY($1 - $2)"],
    ["NUMERIC, NUMERIC -> NUMERIC", inNumeric("TRY($1 - $2)")],
    [...float64, safeFloat("$1 - $2")],
  ],
  SAFE_MULTIPLY: [
    [...int64, "TRY($1 * $2)"],
    [
      "NUMERIC, NUMERIC -> NUMERIC",
      "TRY_CAST(maestro_numeric_multiply(CAST($1 AS VARCHAR), CAST($2 AS VARCHAR)) AS DECIMAL(38,9))",
    ],
    [...float64, safeFloat("$1 * $2")],
  ],
  SAFE_NEGATE: [
    ["INT64 -> INT64", "TRY(- $1)"],
    ["NUMERIC -> NUMERIC", "(- $1)"],
    ["FLOAT64 -> FLOAT64", "(- $1)"],
  ],
  SQRT: [
    ["FLOAT64 -> FLOAT64", domain("$1 < 0", "SQRT", "sqrt($1)")],
    ["INT64 -> FLOAT64", domain("$1 < 0", "SQRT", "sqrt(CAST($1 AS DOUBLE))")],
    ["NUMERIC -> NUMERIC", ofNumeric("maestro_numeric_sqrt")],
  ],
  POW: [
    ["NUMERIC, NUMERIC -> NUMERIC", null],
    [
      "INT64, INT64 -> FLOAT64",
      finite("POW", "pow(CAST($1 AS DOUBLE), CAST($2 AS DOUBLE))", "true").replace(
        "maestro_float_text($1)",
        "$1",
      ),
    ],
    [...float64, finite("POW", "pow($1, $2)", "isfinite($1) AND isfinite($2)")],
  ],
  POWER: [
    ["NUMERIC, NUMERIC -> NUMERIC", null],
    [
      "INT64, INT64 -> FLOAT64",
      finite("POWER", "pow(CAST($1 AS DOUBLE), CAST($2 AS DOUBLE))", "true").replace(
        "maestro_float_text($1)",
        "$1",
      ),
    ],
    [...float64, finite("POWER", "pow($1, $2)", "isfinite($1) AND isfinite($2)")],
  ],
  EXP: float1(finite("EXP", "exp($1)")),
  LN: float1(logarithm("LN", "ln($1)")),
  LOG: [
    ...float1(logarithm("LOG", "ln($1)")),
    [
      "INT64, INT64 -> FLOAT64",
      logarithmOfTwo.replaceAll("$1", "CAST($1 AS DOUBLE)").replaceAll("$2", "CAST($2 AS DOUBLE)"),
    ],
    ["NUMERIC, NUMERIC -> NUMERIC", null],
    [...float64, logarithmOfTwo],
  ],
  LOG10: float1(logarithm("LOG10", "log10($1)")),
  SIN: [["FLOAT64 -> FLOAT64", noInfinity("sin($1)")]],
  COS: [["FLOAT64 -> FLOAT64", noInfinity("cos($1)")]],
  TAN: [["FLOAT64 -> FLOAT64", noInfinity("tan($1)")]],
  ASIN: [["FLOAT64 -> FLOAT64", noInfinity("asin($1)")]],
  ACOS: [["FLOAT64 -> FLOAT64", noInfinity("acos($1)")]],
  ATAN: [["FLOAT64 -> FLOAT64", "atan($1)"]],
  ATAN2: [[...float64, "atan2($1, $2)"]],
  CBRT: float1("cbrt($1)"),
  SINH: [["FLOAT64 -> FLOAT64", finite("SINH", "sinh($1)")]],
  COSH: [["FLOAT64 -> FLOAT64", finite("COSH", "cosh($1)")]],
  TANH: [["FLOAT64 -> FLOAT64", "tanh($1)"]],
  ASINH: [["FLOAT64 -> FLOAT64", "asinh($1)"]],
  ACOSH: [["FLOAT64 -> FLOAT64", domain("$1 < 1", "ACOSH", "acosh($1)")]],
  ATANH: [["FLOAT64 -> FLOAT64", domain("abs($1) >= 1 AND NOT isnan($1)", "ATANH", "atanh($1)")]],
  COT: [["FLOAT64 -> FLOAT64", noInfinity(domain("$1 = 0", "COT", "1 / tan($1)"))]],
  COTH: [["FLOAT64 -> FLOAT64", domain("$1 = 0", "COTH", "1 / tanh($1)")]],
  CSC: [["FLOAT64 -> FLOAT64", noInfinity(domain("$1 = 0", "CSC", "1 / sin($1)"))]],
  CSCH: [["FLOAT64 -> FLOAT64", domain("$1 = 0", "CSCH", "1 / sinh($1)")]],
  SEC: [["FLOAT64 -> FLOAT64", noInfinity("1 / cos($1)")]],
  SECH: [["FLOAT64 -> FLOAT64", "1 / cosh($1)"]],
  RANGE_BUCKET: rangeBucket,
  IS_NAN: [["FLOAT64 -> BOOL", "isnan($1)"]],
  IS_INF: [["FLOAT64 -> BOOL", "isinf($1)"]],
  RAND: [["-> FLOAT64", "random()"]],
  BIT_COUNT: [
    ["INT64 -> INT64", "CAST(bit_count($1) AS BIGINT)"],
    ["BYTES -> INT64", "maestro_bytes_bits($1)"],
  ],
};

/** With BIGNUMERIC's rows, which stand before those of FLOAT64. */
export const mathFunctions: FunctionTable = Object.fromEntries(
  Object.keys({ ...ownFunctions, ...bigNumericRows }).map((name) => [
    name,
    [...(bigNumericRows[name] ?? []), ...(ownFunctions[name] ?? [])],
  ]),
);
