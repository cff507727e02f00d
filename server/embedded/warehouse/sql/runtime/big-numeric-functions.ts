import { BIGINT, BIGNUM, DOUBLE, type DuckDBType, VARCHAR } from "@duckdb/node-api";
import {
  absoluteBig,
  addBig,
  bigOfBinary,
  bigOfInteger,
  bigText,
  bigToFloat,
  bigToInteger,
  bigToNumeric,
  ceilBig,
  checkSum,
  divideBig,
  floorBig,
  meanOfBig,
  modBig,
  multiplyBig,
  negateBig,
  parseBig,
  parseBigLoosely,
  plainNumber,
  powerBig,
  roundBig,
  signOfBig,
  squareRoot,
  subtractBig,
  truncBig,
  wholeQuotient,
} from "./big-numerics.ts";
import { define, type JsFunction, type JsValue } from "./js-function.ts";
import { exact, floatText } from "./numbers.ts";

const one = (compute: (a: bigint) => bigint) => define([BIGNUM], BIGNUM, compute);
const two = (compute: (a: bigint, b: bigint) => bigint) =>
  define([BIGNUM, BIGNUM], BIGNUM, compute);
const digits = (compute: (a: bigint, place: bigint) => bigint) =>
  define([BIGNUM, BIGINT], BIGNUM, compute);
const to = (returns: DuckDBType, compute: (a: bigint) => JsValue) =>
  define([BIGNUM], returns, compute);

function ofFloat(value: number): bigint {
  if (!Number.isFinite(value)) {
    throw new Error(
      `Illegal conversion of non-finite floating point number to BIGNUMERIC: ${floatText(value)}`,
    );
  }
  const { mantissa, shift } = exact(value);
  return bigOfBinary(mantissa, shift, floatText(value));
}

export const bigNumericFunctions: Record<string, JsFunction> = {
  maestro_big_of_integer: define([BIGINT], BIGNUM, bigOfInteger),
  maestro_big_of_float: define([DOUBLE], BIGNUM, ofFloat),
  maestro_parse_big: define([VARCHAR], BIGNUM, parseBig),
  maestro_parse_big_loosely: define([VARCHAR], BIGNUM, parseBigLoosely),
  maestro_plain_number: define([VARCHAR], VARCHAR, (text: string) =>
    plainNumber("PARSE_NUMERIC", text),
  ),
  maestro_big_text: to(VARCHAR, bigText),
  maestro_big_float: to(DOUBLE, bigToFloat),
  maestro_big_integer: to(BIGINT, bigToInteger),
  maestro_big_numeric: to(VARCHAR, bigToNumeric),
  maestro_big_add: two(addBig),
  maestro_big_subtract: two(subtractBig),
  maestro_big_multiply: two(multiplyBig),
  maestro_big_divide: two(divideBig),
  maestro_big_mod: two(modBig),
  maestro_big_div: two(wholeQuotient),
  maestro_big_power: two(powerBig),
  maestro_big_negate: one(negateBig),
  maestro_big_abs: one(absoluteBig),
  maestro_big_sign: one(signOfBig),
  maestro_big_floor: one(floorBig),
  maestro_big_ceil: one(ceilBig),
  maestro_big_sqrt: one(squareRoot),
  maestro_big_sum: one(checkSum),
  maestro_big_round: digits(roundBig),
  maestro_big_trunc: digits(truncBig),
  maestro_big_mean: digits(meanOfBig),
};
