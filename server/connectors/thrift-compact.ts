import { ByteBuffer } from "./byte-buffer.ts";

/*
 * Thrift's compact protocol, as far as Parquet's headers need it (apache/thrift, doc/specs/
 * thrift-compact-protocol.md): a struct is its fields in the order of their numbers.
 */

export type ThriftValue =
  | { i32: number }
  | { i64: number }
  | { text: string }
  | { isTrue: boolean }
  | { list: ThriftValue[] }
  | { encoded: Buffer[] }
  | { struct: ThriftStruct };

/** By field number. */
export type ThriftStruct = Record<number, ThriftValue>;

const types = { isTrue: 1, i32: 5, i64: 6, text: 8, list: 9, encoded: 9, struct: 12 };
const falseType = 2;
const shortList = 15;
/** Of a page's header, of which there are most. */
const firstBytes = 64;

export const i32 = (value: number): ThriftValue => ({ i32: value });
export const i64 = (value: number): ThriftValue => ({ i64: value });
export const text = (value: string): ThriftValue => ({ text: value });
export const list = (values: ThriftValue[]): ThriftValue => ({ list: values });
export const struct = (fields: ThriftStruct): ThriftValue => ({ struct: fields });
/** A list of structs that `encodeStruct` made. */
export const encodedList = (structs: Buffer[]): ThriftValue => ({ encoded: structs });

export function encodeStruct(fields: ThriftStruct): Buffer {
  const out = new ByteBuffer(firstBytes);
  writeStruct(out, fields);
  return out.bytes.subarray(0, out.length);
}

function writeStruct(out: ByteBuffer, fields: ThriftStruct): void {
  let last = 0;
  for (const [key, value] of Object.entries(fields)) {
    const number = Number(key);
    const step = number - last;
    const type = "isTrue" in value && !value.isTrue ? falseType : typeOf(value);
    if (step <= shortList) out.putByte((step << 4) | type);
    else {
      out.putByte(type);
      writeVarint(out, zigzag(number));
    }
    if (!("isTrue" in value)) writeValue(out, value);
    last = number;
  }
  out.putByte(0);
}

function typeOf(value: ThriftValue): number {
  const [kind] = Object.keys(value) as (keyof typeof types)[];
  return kind === undefined ? 0 : types[kind];
}

function writeValue(out: ByteBuffer, value: ThriftValue): void {
  if ("i32" in value) writeVarint(out, zigzag(value.i32));
  else if ("i64" in value) writeVarint(out, zigzag(value.i64));
  else if ("text" in value) writeText(out, value.text);
  else if ("list" in value) writeList(out, value.list);
  else if ("encoded" in value) writeEncoded(out, value.encoded);
  else if ("struct" in value) writeStruct(out, value.struct);
}

function writeText(out: ByteBuffer, value: string): void {
  const bytes = Buffer.from(value);
  writeVarint(out, bytes.length);
  out.put(bytes);
}

function writeList(out: ByteBuffer, values: ThriftValue[]): void {
  const [first] = values;
  writeListHead(out, values.length, first ? typeOf(first) : types.struct);
  for (const value of values) writeValue(out, value);
}

function writeEncoded(out: ByteBuffer, structs: Buffer[]): void {
  writeListHead(out, structs.length, types.struct);
  for (const bytes of structs) out.put(bytes);
}

function writeListHead(out: ByteBuffer, length: number, type: number): void {
  if (length < shortList) {
    out.putByte((length << 4) | type);
    return;
  }
  out.putByte((shortList << 4) | type);
  writeVarint(out, length);
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function writeVarint(out: ByteBuffer, value: number): void {
  let left = value;
  while (left >= 0x80) {
    out.putByte((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  out.putByte(left);
}
