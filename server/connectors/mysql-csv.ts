import type { FieldSchema } from "../../shared/table.ts";
import { ByteBuffer } from "./byte-buffer.ts";
import { digitsOf, putDay, putDigits, putInteger, putTimeOfDay } from "./decimal-digits.ts";
import { read32, readScaled, ScaledNumber } from "./parquet-numbers.ts";
import type { EncodedColumn, RowFrame, ValueEncoder } from "./sent-rows.ts";
import { typeWord } from "./staged-values.ts";
import type { TargetCheck } from "./target-value.ts";

/* Values in the CSV of LOAD DATA (mysql-load.ts): texts quoted, all else bare, as is the word NULL. */

const quote = 0x22;
const minus = 0x2d;
const point = 0x2e;
const space = 0x20;

const none = Buffer.alloc(0);
export const csvFrame: RowFrame = {
  head: none,
  beforeRow: none,
  betweenValues: Buffer.from(","),
  afterRow: Buffer.from("\n"),
  tail: none,
  nullValue: Buffer.from("NULL"),
};

/** Null where the checks need SQL. The first of some kind is the one that is asked. */
export function mysqlEncoded(
  field: FieldSchema,
  checks: TargetCheck[],
  at: number,
): EncodedColumn | null {
  const encode = encoders[typeWord(field)]?.(checks.find(({ kind }) => kind === "infinite"));
  if (!encode || checks.some(({ kind }) => kind !== "null" && kind !== "infinite")) return null;
  return { field: at, encode, noNull: checks.find(({ kind }) => kind === "null") ?? null };
}

const encoders: Record<string, (infinite: TargetCheck | undefined) => ValueEncoder> = {
  STRING: () => textEncoder(),
  BYTES: () => putHex,
  INTEGER: () => (out, bytes, at) =>
    putInteger(out, read32(bytes, at) >>> 0, read32(bytes, at + 4)),
  FLOAT: doubleEncoder,
  BOOLEAN: () => (out, bytes, at) => putDigits(out, bytes[at] ?? 0, 1),
  NUMERIC: () => putScaled,
  DATE: () => (out, bytes, at) => putDay(out, read32(bytes, at)),
  DATETIME: instantEncoder,
  TIMESTAMP: instantEncoder,
  TIME: () => (out, bytes, at) =>
    putTimeOfDay(out, read32(bytes, at + 4) * two32 + (read32(bytes, at) >>> 0)),
};

/** Quotes are doubled. It remembers where the next one is, for the values before it. */
function textEncoder(): ValueEncoder {
  let searched: Buffer = none;
  let searchedFrom = 0;
  let found = -1;
  const isClean = (bytes: Buffer, at: number, end: number) => {
    if (bytes !== searched || at < searchedFrom || at > found) {
      const next = bytes.indexOf(quote, at);
      searched = bytes;
      searchedFrom = at;
      found = next < 0 ? Number.POSITIVE_INFINITY : next;
    }
    return found >= end;
  };
  return (out, bytes, at, end) => {
    out.reserve(end - at + 2);
    out.putByte(quote);
    let from = at;
    while (!isClean(bytes, from, end)) {
      out.putRange(bytes, from, found + 1);
      out.putByte(quote);
      from = found + 1;
    }
    out.putRange(bytes, from, end);
    out.putByte(quote);
    return null;
  };
}

function putHex(out: ByteBuffer, bytes: Buffer, at: number, end: number): null {
  out.reserve(2 * (end - at) + 2);
  out.putByte(quote);
  out.length += out.bytes.write(bytes.toString("hex", at, end), out.length, "latin1");
  out.putByte(quote);
  return null;
}

const mostDoubleBytes = 32;

function doubleEncoder(infinite: TargetCheck | undefined): ValueEncoder {
  return (out, bytes, at) => {
    const value = bytes.readDoubleLE(at);
    if (infinite && !Number.isFinite(value)) return { ...infinite, what: wordOf(value) };
    const text = Object.is(value, -0) ? "-0" : String(value);
    out.reserve(mostDoubleBytes);
    for (let letter = 0; letter < text.length; letter++) out.putByte(text.charCodeAt(letter));
    return null;
  };
}

function wordOf(value: number): string {
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

const mostScaledBytes = 48;
const groupDigits = 4;
const scaled = new ScaledNumber();

/** Without zeros at its end. */
function putScaled(out: ByteBuffer, bytes: Buffer, at: number, end: number): null {
  readScaled(bytes, at, end, scaled);
  out.reserve(mostScaledBytes);
  const { groups, count, wholeGroups } = scaled;
  if (scaled.isNegative) out.putByte(minus);
  if (wholeGroups === 0) putDigits(out, 0, 1);
  for (let group = 0; group < wholeGroups; group++) {
    const digits = groups[group] ?? 0;
    putDigits(out, digits, group === 0 ? digitsOf(digits) : groupDigits);
  }
  if (count <= wholeGroups) return null;
  out.putByte(point);
  for (let group = wholeGroups; group < count; group++)
    putDigits(out, groups[group] ?? 0, groupDigits);
  while (out.bytes[out.length - 1] === 0x30) out.length -= 1;
  return null;
}

const two32 = 0x1_0000_0000;
const secondsPerDay = 86_400;
const dayBytes = 16;

/** Microseconds from 1970, which 53 bits do not hold for all years: seconds apart. */
function instantEncoder(): ValueEncoder {
  // Rows next to each other are often of one day.
  let lastDay = Number.NaN;
  const day = new ByteBuffer(dayBytes);
  return (out, bytes, at) => {
    const high = read32(bytes, at + 4);
    // 2³² is 4,294 × 10⁶ + 967,296.
    const rest = high * 967_296 + (read32(bytes, at) >>> 0);
    const restSeconds = Math.floor(rest / 1_000_000);
    const seconds = high * 4_294 + restSeconds;
    const days = Math.floor(seconds / secondsPerDay);
    if (days !== lastDay) {
      lastDay = days;
      day.length = 0;
      putDay(day, days);
      day.putByte(space);
    }
    out.putRange(day.bytes, 0, day.length);
    const inDay = seconds - days * secondsPerDay;
    return putTimeOfDay(out, inDay * 1_000_000 + (rest - restSeconds * 1_000_000));
  };
}
