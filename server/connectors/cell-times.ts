/*
 * Dates and times of BigQuery read from a source's texts, where nothing but the form
 * `YYYY-MM-DD HH:MM:SS.ffffff` of years 1 to 9999 is one: neither infinity nor a date BC, nor MySQL's
 * zero dates.
 */

/** 64 bits: `low` without a sign, `high` with it. */
export interface Halves {
  low: number;
  high: number;
}

export const notHeld = -0x8000_0000;

const zero = 0x30;
const dash = 0x2d;
const colon = 0x3a;
const point = 0x2e;
const plus = 0x2b;
const space = 0x20;
const dateLength = 10;
const timeLength = 8;
const mostFraction = 6;
const zoneLength = 3;

/** Days from 1970-01-01, or `notHeld`. */
export function readDate(bytes: Buffer, from: number, to: number): number {
  if (to - from !== dateLength || bytes[from + 4] !== dash || bytes[from + 7] !== dash) {
    return notHeld;
  }
  const century = twoDigits(bytes, from);
  const inCentury = twoDigits(bytes, from + 2);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  if (century < 0 || inCentury < 0 || month < 1 || month > 12 || day < 1) return notHeld;
  const year = century * 100 + inCentury;
  if (year === 0 || day > daysOf(year, month)) return notHeld;
  return daysFromEpoch(year, month, day);
}

/** Microseconds from midnight, or `notHeld`. */
export function readTime(bytes: Buffer, from: number, to: number): number {
  const length = to - from;
  if (length < timeLength || bytes[from + 2] !== colon || bytes[from + 5] !== colon) {
    return notHeld;
  }
  const hours = twoDigits(bytes, from);
  const minutes = twoDigits(bytes, from + 3);
  const seconds = twoDigits(bytes, from + 6);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) {
    return notHeld;
  }
  const fraction = length === timeLength ? 0 : readFraction(bytes, from + timeLength, to);
  if (fraction < 0) return notHeld;
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fraction;
}

/** Microseconds from 1970, into `into`. False: it is no such instant. */
export function readInstant(
  bytes: Buffer,
  from: number,
  to: number,
  options: { hasZone: boolean; into: Halves },
): boolean {
  const hasZone = options.hasZone && bytes[to - zoneLength] === plus;
  if (hasZone && twoDigits(bytes, to - 2) !== 0) return false;
  if (bytes[from + dateLength] !== space) return false;
  const days = readDate(bytes, from, from + dateLength);
  if (days === notHeld) return false;
  const time = readTime(bytes, from + dateLength + 1, hasZone ? to - zoneLength : to);
  if (time === notHeld) return false;
  setInstant(days, time, options.into);
  return true;
}

/** days × 86,400,000,000 + time, which 53 bits do not hold: 2¹⁶ × `upper` + `lower`. */
function setInstant(days: number, time: number, into: Halves): void {
  const perDay = 1_318_359.375;
  const timeUpper = Math.floor(time / 0x1_0000);
  // 86,400,000,000 is 1,318,359.375 × 2¹⁶, and 0.375 × 2¹⁶ is whole: so is all that follows.
  const upper = days * perDay + timeUpper;
  const whole = Math.floor(upper);
  const lower = (upper - whole) * 0x1_0000 + (time - timeUpper * 0x1_0000);
  const carry = lower >= 0x1_0000 ? 1 : 0;
  const carried = whole + carry;
  into.high = Math.floor(carried / 0x1_0000);
  into.low = (carried - into.high * 0x1_0000) * 0x1_0000 + (lower - carry * 0x1_0000);
}

function twoDigits(bytes: Buffer, at: number): number {
  const tens = (bytes[at] ?? 0) - zero;
  const ones = (bytes[at + 1] ?? 0) - zero;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

/** Of `.f` to `.ffffff`, in millionths; negative where it is no such. */
function readFraction(bytes: Buffer, from: number, to: number): number {
  const digits = to - from - 1;
  if (bytes[from] !== point || digits < 1 || digits > mostFraction) return -1;
  let value = 0;
  for (let at = from + 1; at < to; at++) {
    const digit = (bytes[at] ?? 0) - zero;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  for (let missing = digits; missing < mostFraction; missing++) value *= 10;
  return value;
}

function daysOf(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Of the Gregorian calendar, with years that begin in March (H. Hinnant, "days_from_civil"). */
function daysFromEpoch(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
