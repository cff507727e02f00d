/*
 * Thrift's compact protocol, as far as Parquet's headers need it (apache/thrift, doc/specs/
 * thrift-compact-protocol.md): a struct is its fields in the order of their numbers.
 */

export type ThriftValue =
  | { i32: number }
  | { i64: number }
  | { i8: number }
  | { text: string }
  | { isTrue: boolean }
  | { list: ThriftValue[] }
  | { struct: ThriftStruct };

/** By field number; undefined fields are left out. */
export type ThriftStruct = Record<number, ThriftValue | undefined>;

const types = { isTrue: 1, i8: 3, i32: 5, i64: 6, text: 8, list: 9, struct: 12 };
const falseType = 2;
const shortList = 15;

export const i32 = (value: number): ThriftValue => ({ i32: value });
export const i64 = (value: number): ThriftValue => ({ i64: value });
export const text = (value: string): ThriftValue => ({ text: value });
export const list = (values: ThriftValue[]): ThriftValue => ({ list: values });
export const struct = (fields: ThriftStruct): ThriftValue => ({ struct: fields });

export function encodeStruct(fields: ThriftStruct): Buffer {
  const out: number[] = [];
  writeStruct(out, fields);
  return Buffer.from(out);
}

function writeStruct(out: number[], fields: ThriftStruct): void {
  let last = 0;
  for (const [key, value] of Object.entries(fields)) {
    if (!value) continue;
    const number = Number(key);
    const step = number - last;
    const type = "isTrue" in value && !value.isTrue ? falseType : typeOf(value);
    if (step <= shortList) out.push((step << 4) | type);
    else {
      out.push(type);
      writeVarint(out, zigzag(number));
    }
    if (!("isTrue" in value)) writeValue(out, value);
    last = number;
  }
  out.push(0);
}

function typeOf(value: ThriftValue): number {
  const [kind] = Object.keys(value) as (keyof typeof types)[];
  return kind === undefined ? 0 : types[kind];
}

function writeValue(out: number[], value: ThriftValue): void {
  if ("i32" in value) writeVarint(out, zigzag(value.i32));
  else if ("i64" in value) writeVarint(out, zigzag(value.i64));
  else if ("i8" in value) out.push(value.i8 & 0xff);
  else if ("text" in value) writeText(out, value.text);
  else if ("list" in value) writeList(out, value.list);
  else if ("struct" in value) writeStruct(out, value.struct);
}

function writeText(out: number[], value: string): void {
  const bytes = Buffer.from(value);
  writeVarint(out, bytes.length);
  for (const byte of bytes) out.push(byte);
}

function writeList(out: number[], values: ThriftValue[]): void {
  const [first] = values;
  const type = first ? typeOf(first) : types.struct;
  if (values.length < shortList) out.push((values.length << 4) | type);
  else {
    out.push((shortList << 4) | type);
    writeVarint(out, values.length);
  }
  for (const value of values) writeValue(out, value);
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function writeVarint(out: number[], value: number): void {
  let left = value;
  while (left >= 0x80) {
    out.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  out.push(left);
}
