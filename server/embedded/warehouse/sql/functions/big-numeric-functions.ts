import type { FunctionRows } from "./call-site.ts";

const big = "BIGNUMERIC -> BIGNUMERIC";
const bigs = "BIGNUMERIC, BIGNUMERIC -> BIGNUMERIC";
const places = "BIGNUMERIC, INT64 -> BIGNUMERIC";

/** BIGNUMERIC's rows of functions that other numbers have too. */
export const bigNumericRows: Record<string, FunctionRows> = {
  ABS: [[big, "maestro_big_abs($1)"]],
  SIGN: [[big, "maestro_big_sign($1)"]],
  CEIL: [[big, "maestro_big_ceil($1)"]],
  CEILING: [[big, "maestro_big_ceil($1)"]],
  FLOOR: [[big, "maestro_big_floor($1)"]],
  ROUND: [
    [big, "maestro_big_round($1, 0)"],
    [places, "maestro_big_round($1, $2)"],
    ["BIGNUMERIC, INT64, STRING -> BIGNUMERIC", null],
  ],
  TRUNC: [
    [big, "maestro_big_trunc($1, 0)"],
    [places, "maestro_big_trunc($1, $2)"],
  ],
  MOD: [[bigs, "maestro_big_mod($1, $2)"]],
  DIV: [[bigs, "maestro_big_div($1, $2)"]],
  SAFE_DIVIDE: [[bigs, "TRY(maestro_big_divide($1, $2))"]],
  SAFE_ADD: [[bigs, "TRY(maestro_big_add($1, $2))"]],
  SAFE_SUBTRACT: [[bigs, "TRY(maestro_big_subtract($1, $2))"]],
  SAFE_MULTIPLY: [[bigs, "TRY(maestro_big_multiply($1, $2))"]],
  SAFE_NEGATE: [[big, "TRY(maestro_big_negate($1))"]],
  SQRT: [[big, "maestro_big_sqrt($1)"]],
  POW: [[bigs, "maestro_big_power($1, $2)"]],
  POWER: [[bigs, "maestro_big_power($1, $2)"]],
  EXP: [[big, null]],
  LN: [[big, null]],
  LOG: [
    [big, null],
    [bigs, null],
  ],
  LOG10: [[big, null]],
  CBRT: [[big, null]],
  PARSE_BIGNUMERIC: [["STRING -> BIGNUMERIC", "maestro_parse_big_loosely($1)"]],
  PARSE_NUMERIC: [
    [
      "STRING -> NUMERIC",
      "CAST(maestro_big_numeric(maestro_parse_big(maestro_plain_number($1))) AS DECIMAL(38,9))",
    ],
  ],
};

/** The same for operators. */
export const bigNumericOperators: Record<string, FunctionRows> = {
  "unary-": [[big, "maestro_big_negate($1)"]],
  "unary+": [[big, "$1"]],
  "+": [[bigs, "maestro_big_add($1, $2)"]],
  "-": [[bigs, "maestro_big_subtract($1, $2)"]],
  "*": [[bigs, "maestro_big_multiply($1, $2)"]],
  "/": [[bigs, "maestro_big_divide($1, $2)"]],
};
