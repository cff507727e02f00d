import type { FieldSchema } from "../../shared/table.ts";
import type { ByteBuffer } from "./byte-buffer.ts";
import { read32, readScaled, ScaledNumber, scale } from "./parquet-numbers.ts";
import { type PostgresColumnType, postgresValue } from "./postgres-target-types.ts";
import type { EncodedColumn, RowFrame, ValueEncoder } from "./sent-rows.ts";
import { typeWord } from "./staged-values.ts";
import type { TargetCheck } from "./target-value.ts";

/*
 * Values in PostgreSQL's binary format of COPY (manual, COPY, "Binary Format"; for the types, their
 * functions typreceive): a length of four bytes, then the value, the highest byte first.
 */

/** Where each value of a type goes into a column as it is. */
const takers: Record<string, [types: string[], encode: ValueEncoder]> = {
  STRING: [["text", "varchar"], putText],
  BYTES: [["bytea"], putText],
  INTEGER: [["int8"], putEight],
  FLOAT: [["float8"], putDouble],
  BOOLEAN: [["bool"], putBoolean],
  NUMERIC: [["numeric"], putNumeric],
  DATE: [["date"], putDate],
  DATETIME: [["timestamp"], putInstant],
  TIMESTAMP: [["timestamptz"], putInstant],
  TIME: [["time"], putEight],
};

export function binaryFrame(columns: number): RowFrame {
  const none = Buffer.alloc(0);
  const count = Buffer.alloc(2);
  count.writeInt16BE(columns);
  // Neither flags nor an extension.
  const head = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
  const end = Buffer.from([0xff, 0xff]);
  const nullValue = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  return { head, beforeRow: count, betweenValues: none, afterRow: none, tail: end, nullValue };
}

/** Null where the column does not take the field's values as they are. */
export function postgresEncoded(
  field: FieldSchema,
  type: PostgresColumnType,
  at: number,
): EncodedColumn | null {
  const [types, encode] = takers[typeWord(field)] ?? [];
  const value = postgresValue(field, type, "v");
  if (!value || !encode || !types?.includes(type.name)) return null;
  const [nul, ...others] = value.checks;
  if (others.length > 0 || (nul !== undefined && nul.kind !== "nul")) return null;
  return { field: at, encode: nul ? withoutNul(encode, nul) : encode, noNull: null };
}

const shortText = 48;

function withoutNul(encode: ValueEncoder, nul: TargetCheck): ValueEncoder {
  return (out, bytes, at, end) => {
    encode(out, bytes, at, end);
    const from = out.length - (end - at);
    return holdsNul(out, from) ? nul : null;
  };
}

/** What was written from there on. */
function holdsNul(out: ByteBuffer, from: number): boolean {
  const { length } = out;
  if (length - from < shortText) {
    const { bytes } = out;
    for (let at = from; at < length; at++) if (bytes[at] === 0) return true;
    return false;
  }
  // So that the search ends there.
  out.reserve(1);
  out.bytes[length] = 0;
  return out.bytes.indexOf(0, from) < length;
}

function putText(out: ByteBuffer, bytes: Buffer, at: number, end: number): null {
  out.reserve(4 + end - at);
  put32(out, end - at);
  out.putRange(bytes, at, end);
  return null;
}

function putEight(out: ByteBuffer, from: Buffer, at: number): null {
  out.reserve(12);
  put32(out, 8);
  const { bytes } = out;
  let into = out.length;
  for (let byte = at + 7; byte >= at; byte--) bytes[into++] = from[byte] ?? 0;
  out.length = into;
  return null;
}

const notANumber = Buffer.from([0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);

/** There are many bits that mean NaN; PostgreSQL has one. */
function putDouble(out: ByteBuffer, from: Buffer, at: number): null {
  const isLarge = ((from[at + 7] ?? 0) & 0x7f) === 0x7f;
  if (isLarge && Number.isNaN(from.readDoubleLE(at))) return putEight(out, notANumber, 0);
  return putEight(out, from, at);
}

function putBoolean(out: ByteBuffer, from: Buffer, at: number): null {
  out.reserve(5);
  put32(out, 1);
  out.bytes[out.length++] = from[at] ?? 0;
  return null;
}

/** PostgreSQL counts from 2000-01-01, Parquet from 1970. */
const daysToEpoch = 10_957;
const two32 = 0x1_0000_0000;
const microsecondsToEpoch = daysToEpoch * 86_400_000_000;
const epochHigh = Math.floor(microsecondsToEpoch / two32);
const epochLow = microsecondsToEpoch % two32;

function putDate(out: ByteBuffer, from: Buffer, at: number): null {
  out.reserve(8);
  put32(out, 4);
  put32(out, read32(from, at) - daysToEpoch);
  return null;
}

function putInstant(out: ByteBuffer, from: Buffer, at: number): null {
  out.reserve(12);
  put32(out, 8);
  const low = (read32(from, at) >>> 0) - epochLow;
  put32(out, read32(from, at + 4) - epochHigh - (low < 0 ? 1 : 0));
  put32(out, low);
  return null;
}

const headBytes = 8;
const negativeSign = 0x40;
const mostGroups = 12;
const scaled = new ScaledNumber();

/** Groups of four digits; by which power the first counts; the sign; and how many digits are behind the point. */
function putNumeric(out: ByteBuffer, from: Buffer, at: number, end: number): null {
  readScaled(from, at, end, scaled);
  const { groups, count } = scaled;
  out.reserve(4 + headBytes + 2 * mostGroups);
  put32(out, headBytes + 2 * count);
  put16(out, count);
  put16(out, scaled.wholeGroups - 1);
  put16(out, scaled.isNegative ? negativeSign << 8 : 0);
  put16(out, scale);
  for (let group = 0; group < count; group++) put16(out, groups[group] ?? 0);
  return null;
}

/** Bytes one by one, which is sooner than a call. There must be room. */
function put32(out: ByteBuffer, value: number): void {
  const { bytes, length } = out;
  const whole = value | 0;
  bytes[length] = whole >> 24;
  bytes[length + 1] = whole >> 16;
  bytes[length + 2] = whole >> 8;
  bytes[length + 3] = whole;
  out.length = length + 4;
}

function put16(out: ByteBuffer, value: number): void {
  out.bytes[out.length++] = value >> 8;
  out.bytes[out.length++] = value;
}
