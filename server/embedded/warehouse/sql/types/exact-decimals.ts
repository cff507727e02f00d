import type { Digits } from "../../contract.ts";
import { readDecimal } from "../runtime/numbers.ts";
import type { ExactDecimal, Typed } from "./typed.ts";
import { type GType, scalar } from "./types.ts";

/** NUMERIC's digits before and behind the point. */
const whole = 29;
const fraction = 9;
const maxWidth = 38;
/** DuckDB has decimals up to this width in 64 bits, and does not leave them by itself. */
const wordWidth = 18;
/** More rows than a sum can have in the time that a query has. */
export const mostRows = 10n ** 15n;

const numericType = scalar("NUMERIC");

const power = (digits: number) => 10n ** BigInt(digits);
const digitsOf = (units: bigint) => units.toString().length;
const positive = (value: bigint) => (value < 0n ? -value : value);

/** DuckDB rounds twice where a decimal has more units than a double can count. */
export const floatOfNumeric =
  "CASE WHEN $1 BETWEEN -9007199.254740992 AND 9007199.254740992 THEN CAST($1 AS DOUBLE) ELSE CAST(CAST($1 AS VARCHAR) AS DOUBLE) END";

/** The SQL that computes a value in its own form. */
export function physical(value: Typed): string {
  return value.type.kind === "NUMERIC" && value.exact ? value.exact.sql : value.sql;
}

export function exactNumeric(exact: ExactDecimal): Typed {
  return { sql: wide(exact.sql), type: numericType, exact };
}

/** What is seen of a value that a subquery has computed in its own form, under another name. */
export function carried(sql: string, type: GType, digits: Digits | undefined): Typed {
  return type.kind === "NUMERIC" && digits ? exactNumeric({ ...digits, sql }) : { sql, type };
}

function wide(sql: string): string {
  return `CAST(${sql} AS DECIMAL(${maxWidth},${fraction}))`;
}

/** A constant, without the zeros at its end. */
export function exactConstant(units: bigint, scale: number): ExactDecimal {
  let [rest, digits] = [units, scale];
  while (digits > 0 && rest % 10n === 0n) [rest, digits] = [rest / 10n, digits - 1];
  const most = positive(rest);
  const width = Math.max(digitsOf(most), digits);
  const text = most.toString().padStart(digits + 1, "0");
  const point = text.length - digits;
  const number = digits === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`;
  const sign = rest < 0n ? "-" : "";
  return { sql: cast(`'${sign}${number}'`, width, digits), width, scale: digits, most };
}

/** What NUMERIC makes of the value, if it is known to be small. */
export function asExact(value: Typed): ExactDecimal | null {
  if (value.exact) return value.exact;
  const { constant, type } = value;
  if (constant?.value === null) return { sql: cast("NULL", 1, 0), width: 1, scale: 0, most: 0n };
  if (type.kind === "INT64") {
    if (typeof constant?.value === "bigint") return exactConstant(constant.value, 0);
    return exactInteger(value.sql, 2n ** 63n);
  }
  // A number that is written counts by its digits, not by the double that is nearest.
  if (type.kind !== "FLOAT64" || constant?.text === undefined) return null;
  const units = readDecimal(constant.text, fraction, false);
  return units === null ? null : exactConstant(units, fraction);
}

export function exactInteger(sql: string, most: bigint): ExactDecimal {
  const width = most < power(wordWidth) ? wordWidth : wordWidth + 1;
  return { sql: cast(sql, width, 0), width, scale: 0, most };
}

function cast(sql: string, width: number, scale: number): string {
  return `CAST(${sql} AS DECIMAL(${width},${scale}))`;
}

/** Null where the result may lie outside of NUMERIC. */
export function exactOperation(operator: string, args: Typed[]): ExactDecimal | null {
  const operands = args.map(asExact);
  const [a, b] = operands;
  if (!a || operands.includes(null)) return null;
  if (operator === "unary-") return { ...a, sql: `(- ${a.sql})` };
  if (operator === "unary+") return a;
  if (!b) return null;
  if (operator === "*") return product(a, b);
  if (operator === "/") return checkedQuotient(a, b);
  return operator === "+" || operator === "-" ? total(operator, a, b) : null;
}

function total(operator: string, a: ExactDecimal, b: ExactDecimal): ExactDecimal | null {
  const scale = Math.max(a.scale, b.scale);
  const most = a.most * power(scale - a.scale) + b.most * power(scale - b.scale);
  const sumWidth = (left: ExactDecimal) =>
    Math.max(left.width - left.scale, b.width - b.scale) + scale + 1;
  return computed(operator, [a, b], { scale, most }, sumWidth);
}

function product(a: ExactDecimal, b: ExactDecimal): ExactDecimal | null {
  const shape = { scale: a.scale + b.scale, most: a.most * b.most };
  return computed("*", [a, b], shape, (left) => left.width + b.width);
}

/**
 * DuckDB stays within 64 bits where both operands do, and then fails where the result does not: an
 * operand is widened before that.
 */
function computed(
  operator: string,
  [a, b]: [ExactDecimal, ExactDecimal],
  { scale, most }: Pick<ExactDecimal, "scale" | "most">,
  widthOf: (left: ExactDecimal) => number,
): ExactDecimal | null {
  if (most >= power(maxWidth)) return null;
  const isWord = a.width <= wordWidth && b.width <= wordWidth && scale < wordWidth;
  const wider = { ...a, sql: cast(a.sql, whole + a.scale, a.scale), width: whole + a.scale };
  const isLong = isWord && most >= power(wordWidth);
  const left = isLong ? wider : a;
  const width = Math.min(isWord && !isLong ? wordWidth : maxWidth, widthOf(left));
  return fitted({ sql: `(${left.sql} ${operator} ${b.sql})`, width, scale, most });
}

/** Rounded to nine digits, halves away from zero, as NUMERIC is; as wide as decimals here may be. */
function fitted(value: ExactDecimal): ExactDecimal | null {
  const surplus = Math.max(0, value.scale - fraction);
  const scale = value.scale - surplus;
  const most = surplus === 0 ? value.most : value.most / power(surplus) + 1n;
  if (most * power(fraction - scale) >= power(maxWidth)) return null;
  // Rounding may carry into one digit more.
  const carry = surplus > 0 ? 1 : 0;
  const width = Math.min(value.width - surplus + carry, whole + scale);
  const isCast = surplus > 0 || width < value.width;
  return { sql: isCast ? cast(value.sql, width, scale) : value.sql, width, scale, most };
}

function checkedQuotient(a: ExactDecimal, b: ExactDecimal): ExactDecimal | null {
  const result = quotient(a, b);
  if (!result) return null;
  const isZero = `${b.sql} = 0 AND ${a.sql} IS NOT NULL`;
  const sql = `CASE WHEN ${isZero} THEN error('division by zero: ' || CAST(${wide(a.sql)} AS VARCHAR)) ELSE ${result.sql} END`;
  return { ...result, sql };
}

/**
 * A quotient by whole numbers, cut behind the tenth digit: rounding that to nine is rounding the
 * quotient. NULL where the divisor is 0.
 */
export function quotient(a: ExactDecimal, b: ExactDecimal): ExactDecimal | null {
  const shift = fraction + 1 + b.scale;
  const most = a.most * power(shift);
  if (most >= power(maxWidth) || b.most >= power(maxWidth - b.scale)) return null;
  const units = (value: ExactDecimal, digits: number) =>
    `CAST(${cast(value.sql, maxWidth, value.scale)} * ${cast(`'1${"0".repeat(digits)}'`, digits + 1, 0)} AS HUGEINT)`;
  const cut = `CAST(${units(a, shift)} // ${units(b, b.scale)} AS DECIMAL(38,0))`;
  const last = fraction + 1;
  const tenth = cast(`'0.${"0".repeat(last - 1)}1'`, last, last);
  const sql = `(${cut} * ${tenth})`;
  return fitted({ sql, width: maxWidth, scale: last, most: most / power(a.scale) + 1n });
}

/** A sum; `call` is DuckDB's. */
export function exactSum(call: string, arg: ExactDecimal): ExactDecimal | null {
  const most = arg.most * mostRows;
  if (most >= power(maxWidth)) return null;
  return fitted({ sql: call, width: maxWidth, scale: arg.scale, most });
}

/** One of several values. `merge` is DuckDB's SQL for it, over theirs. */
export function exactChoice(
  values: Typed[],
  merge: (items: string[]) => string,
): ExactDecimal | null {
  const operands = values.map((value) => (value.type.kind === "NUMERIC" ? asExact(value) : null));
  const known = operands.filter((operand) => operand !== null);
  if (known.length === 0 || known.length < operands.length) return null;
  const scale = Math.max(...known.map((each) => each.scale));
  const before = Math.max(...known.map((each) => each.width - each.scale));
  const aligned = known.map((each) => each.most * power(scale - each.scale));
  const [most = 0n] = aligned.sort((a, b) => (a < b ? 1 : -1));
  return {
    sql: merge(known.map((each) => each.sql)),
    width: before + scale,
    scale,
    most,
  };
}
