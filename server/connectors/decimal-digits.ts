import type { ByteBuffer } from "./byte-buffer.ts";

/* Numbers, days and times as the digits that SQL reads. */

const zero = 0x30;
const minus = 0x2d;
const colon = 0x3a;
const point = 0x2e;
const two32 = 0x1_0000_0000;
const mostInteger = 20;
/** Up to here whole numbers are computed with as such. */
const mostShort = 2 ** 30;

/** Of just so many digits, with zeros before. */
export function putDigits(out: ByteBuffer, value: number, digits: number): null {
  out.reserve(digits);
  const { bytes, length } = out;
  let at = length + digits - 1;
  let left = value;
  for (; left > mostShort; at--) {
    const rest = Math.floor(left / 10);
    bytes[at] = zero + left - rest * 10;
    left = rest;
  }
  for (let short = left | 0; at >= length; at--) {
    const rest = (short / 10) | 0;
    bytes[at] = zero + short - rest * 10;
    short = rest;
  }
  out.length = length + digits;
  return null;
}

/** Of a whole number that is not negative. */
export function digitsOf(value: number): number {
  let digits = 1;
  for (let least = 10; least <= value; least *= 10) digits += 1;
  return digits;
}

/** Of 64 bits: `low` without a sign, `high` with it. */
export function putInteger(out: ByteBuffer, low: number, high: number): null {
  const value = high * two32 + low;
  if (!Number.isSafeInteger(value)) {
    const text = (BigInt(high) * BigInt(two32) + BigInt(low)).toString();
    out.reserve(mostInteger);
    out.length += out.bytes.write(text, out.length, "latin1");
    return null;
  }
  if (value < 0) out.putByte(minus);
  const size = Math.abs(value);
  return putDigits(out, size, digitsOf(size));
}

/** `YYYY-MM-DD` of days from 1970, of years 1 to 9999 (H. Hinnant, "civil_from_days"). */
export function putDay(out: ByteBuffer, days: number): null {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  );
  const dayOfYear =
    ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  putDigits(out, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4);
  out.putByte(minus);
  putDigits(out, month, 2);
  out.putByte(minus);
  return putDigits(out, dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1, 2);
}

/** `HH:MM:SS`, and what there is of a fraction. */
export function putTimeOfDay(out: ByteBuffer, microseconds: number): null {
  const seconds = Math.floor(microseconds / 1_000_000);
  const fraction = microseconds - seconds * 1_000_000;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  putDigits(out, hours, 2);
  out.putByte(colon);
  putDigits(out, minutes - hours * 60, 2);
  out.putByte(colon);
  putDigits(out, seconds - minutes * 60, 2);
  if (fraction === 0) return null;
  out.putByte(point);
  return putDigits(out, fraction, 6);
}
