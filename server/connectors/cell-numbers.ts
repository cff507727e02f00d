import type { Halves } from "./cell-times.ts";

/*
 * Numbers of BigQuery read from a source's texts: exactly, or not at all. Most are short enough for the
 * 53 bits of a number; longer ones are put together from parts.
 */

const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;
/** So many digits are exact in a number. */
const exactDigits = 15;
const mostInt64Digits = 19;
const billion = 1_000_000_000;
const two16 = 0x1_0000;
const two32 = 0x1_0000_0000;

/** Into `into`. False: it is no whole number of 64 bits. */
export function readInt64(bytes: Buffer, from: number, to: number, into: Halves): boolean {
  const isNegative = bytes[from] === minus;
  let at = isNegative ? from + 1 : from;
  if (at === to) return false;
  while (at < to - 1 && bytes[at] === zero) at++;
  if (to - at > mostInt64Digits) return false;
  // The last nine digits apart, where there are too many for one number.
  const split = to - at > exactDigits ? to - 9 : to;
  const upper = readDigits(bytes, at, split);
  const lower = readDigits(bytes, split, to);
  if (upper < 0 || lower < 0) return false;
  if (split === to) setHalves(into, upper);
  else setProduct(into, upper, lower);
  return isNegative ? negate(into) : into.high < 0x8000_0000;
}

/** Digits alone, at most 15 of them; negative where there is anything else. */
function readDigits(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] ?? 0) - zero;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function setHalves(into: Halves, value: number): void {
  into.high = Math.floor(value / two32);
  into.low = value - into.high * two32;
}

/** upper × 10⁹ + lower, of ten digits and nine. */
function setProduct(into: Halves, upper: number, lower: number): void {
  const upperHigh = Math.floor(upper / two16);
  const low = (upper - upperHigh * two16) * billion + lower;
  const carry = Math.floor(low / two16);
  const rest = upperHigh * billion + carry;
  into.high = Math.floor(rest / two16);
  into.low = (rest - into.high * two16) * two16 + (low - carry * two16);
}

function negate(into: Halves): boolean {
  const { high, low } = into;
  if (high > 0x8000_0000 || (high === 0x8000_0000 && low > 0)) return false;
  into.high = low === 0 ? -high : -high - 1;
  into.low = low === 0 ? 0 : two32 - low;
  return true;
}

/** 128 bits, the lowest 32 first; none has a sign. */
export type Words = [number, number, number, number];

const scale = 9;
const mostWhole = 29;
const groupDigits = 6;
const powers = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 1e7, 1e8, 1e9];

/**
 * The value × 10⁹ of a NUMERIC, as two's complement into `into`. False: it has more than 29 digits
 * before the point or 9 behind it, or is no number.
 */
export function readNumeric(bytes: Buffer, from: number, to: number, into: Words): boolean {
  const isNegative = bytes[from] === minus;
  let at = isNegative ? from + 1 : from;
  while (at < to - 1 && bytes[at] === zero && bytes[at + 1] !== point) at++;
  let end = at;
  while (end < to && bytes[end] !== point) end++;
  const behind = end < to ? to - end - 1 : 0;
  const isForm = end > at && end - at <= mostWhole && behind <= scale;
  if (!isForm || (end < to && behind === 0)) return false;
  const isShort = end - at + scale <= exactDigits;
  if (!(isShort ? setShort : setLong)(bytes, at, end, to, into)) return false;
  if (isNegative) complement(into);
  return true;
}

/** With its point at `end`, or none where that is `to`. */
function setShort(bytes: Buffer, at: number, end: number, to: number, into: Words): boolean {
  const whole = readDigits(bytes, at, end);
  const fraction = readDigits(bytes, end + 1, to);
  if (whole < 0 || fraction < 0) return false;
  const value = whole * billion + fraction * (powers[scale - Math.max(0, to - end - 1)] ?? 1);
  const high = Math.floor(value / two32);
  into[0] = value - high * two32;
  into[1] = high;
  into[2] = 0;
  into[3] = 0;
  return true;
}

function setLong(bytes: Buffer, at: number, end: number, to: number, into: Words): boolean {
  into.fill(0);
  if (!addDigits(bytes, at, end, into) || !addDigits(bytes, end + 1, to, into)) return false;
  const missing = scale - Math.max(0, to - end - 1);
  multiply(into, powers[Math.min(missing, groupDigits)] ?? 1, 0);
  if (missing > groupDigits) multiply(into, powers[missing - groupDigits] ?? 1, 0);
  return true;
}

function addDigits(bytes: Buffer, from: number, to: number, into: Words): boolean {
  for (let at = from; at < to; at += groupDigits) {
    const until = Math.min(to, at + groupDigits);
    const group = readDigits(bytes, at, until);
    if (group < 0) return false;
    multiply(into, powers[until - at] ?? 1, group);
  }
  return true;
}

/** Times a number of at most 20 bits, plus one. */
function multiply(words: Words, by: number, plus: number): void {
  let carry = plus;
  for (let at = 0; at < 4; at++) {
    const product = (words[at] ?? 0) * by + carry;
    carry = Math.floor(product / two32);
    words[at] = product - carry * two32;
  }
}

function complement(words: Words): void {
  let carry = 1;
  for (let at = 0; at < 4; at++) {
    const sum = two32 - 1 - (words[at] ?? 0) + carry;
    carry = sum >= two32 ? 1 : 0;
    words[at] = sum - carry * two32;
  }
}

const decimals = [...powers, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
const floatForm = /^-?\d+(\.\d*)?(e[+-]?\d+)?$/i;
const otherFloats = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

/** Null where it is no number, or beyond them; the nearest one to the text otherwise. */
export function readFloat64(bytes: Buffer, from: number, to: number): number | null {
  const isNegative = bytes[from] === minus;
  const first = isNegative ? from + 1 : from;
  let value = 0;
  let behind = 0;
  if (to - first > exactDigits || to === first) return readLongFloat(bytes, from, to);
  for (let at = first; at < to; at++) {
    const digit = (bytes[at] ?? 0) - zero;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      continue;
    }
    if (bytes[at] !== point || behind > 0 || at === first) return readLongFloat(bytes, from, to);
    behind = at + 1;
  }
  // Both are exact, so that their quotient is the nearest.
  if (behind > 0) value /= decimals[to - behind] ?? 1;
  return isNegative ? -value : value;
}

function readLongFloat(bytes: Buffer, from: number, to: number): number | null {
  const text = bytes.toString("latin1", from, to);
  const other = otherFloats.get(text);
  if (other !== undefined) return other;
  const value = floatForm.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}
