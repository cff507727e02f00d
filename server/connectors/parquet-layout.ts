import { type FileHandle, open } from "node:fs/promises";
import type { FieldSchema } from "../../shared/table.ts";
import { typeWord } from "./staged-values.ts";
import { readStruct, type ThriftFields } from "./thrift-reader.ts";

/*
 * Where the values are in staged files that can be read without DuckDB: flat columns, of the types that
 * BigQuery writes for the fields, plain or with a dictionary, uncompressed or in zstd
 * (apache/parquet-format, parquet.thrift).
 */

export const codecs = { none: 0, zstd: 6 };
export const encodings = { plain: 0, plainDictionary: 2, rle: 3, bitPacked: 4, dictionary: 8 };

/** A column's values in one row group. */
export interface ColumnChunk {
  path: string;
  values: number;
  codec: number;
  offset: number;
  bytes: number;
  /** Of each value; 0: it is before the value; −1: a bit each. */
  width: number;
  /** Whether it may hold NULLs. */
  isOptional: boolean;
}

export interface RowGroup {
  rows: number;
  /** By the fields, in their order. */
  chunks: ColumnChunk[];
}

const magicBytes = 4;
const magic = "PAR1";
const tailBytes = 8;

/** Null where one of the files has anything else: DuckDB reads, or refuses, those. */
export async function readLayout(
  paths: string[],
  fields: FieldSchema[],
): Promise<RowGroup[] | null> {
  const groups: RowGroup[] = [];
  for (const path of paths) {
    const some = groupsOf(path, await readFooter(path), fields);
    if (!some) return null;
    groups.push(...some);
  }
  return groups;
}

async function readFooter(path: string): Promise<ThriftFields> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const tail = await readAt(file, size - tailBytes, tailBytes);
    const length = tail.readUInt32LE();
    if (tail.toString("latin1", magicBytes) !== magic || length > size - tailBytes - magicBytes) {
      throw new Error(`${path} is no whole file of Parquet`);
    }
    return readStruct(await readAt(file, size - tailBytes - length, length)).fields;
  } finally {
    await file.close();
  }
}

/** Throws where the file has fewer bytes. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  const bytesRead = position < 0 ? 0 : (await file.read(bytes, 0, length, position)).bytesRead;
  if (bytesRead < length || position < 0) throw new Error("a staged file ends too early");
  return bytes;
}

function groupsOf(path: string, footer: ThriftFields, fields: FieldSchema[]): RowGroup[] | null {
  const [root, ...leaves] = footer.structs(2);
  const isFlat = root?.number(5) === leaves.length && leaves.length === fields.length;
  if (!isFlat) return null;
  const byName = new Map(leaves.map((leaf, at) => [leaf.text(4).toLowerCase(), { leaf, at }]));
  const columns = fields.flatMap((field) => {
    const found = byName.get(field.name.toLowerCase());
    const width = found ? widthOf(field, found.leaf) : null;
    if (!found || width === null) return [];
    return { at: found.at, width, isOptional: found.leaf.number(3) === repetition.optional };
  });
  if (columns.length !== fields.length) return null;
  const groups: RowGroup[] = [];
  for (const group of footer.has(4) ? footer.structs(4) : []) {
    const facts = group.structs(1).map((chunk) => chunk.struct(3));
    const chunks = columns.flatMap(({ at, ...column }) => {
      const chunk = facts[at];
      return chunk && isReadable(chunk) ? { path, ...column, ...placeOf(chunk) } : [];
    });
    if (chunks.length !== columns.length) return null;
    groups.push({ rows: group.number(3), chunks });
  }
  return groups;
}

function isReadable(chunk: ThriftFields): boolean {
  const known: number[] = Object.values(encodings);
  const isKnown = chunk.numbers(2).every((encoding) => known.includes(encoding));
  return isKnown && Object.values(codecs).includes(chunk.number(4));
}

function placeOf(chunk: ThriftFields) {
  const dictionary = chunk.number(11, 0);
  const data = chunk.number(9);
  // Some writers name no dictionary's offset, or 0.
  const offset = dictionary > 0 ? Math.min(dictionary, data) : data;
  return { values: chunk.number(5), codec: chunk.number(4), offset, bytes: chunk.number(7) };
}

const physical = { boolean: 0, int32: 1, int64: 2, double: 5, byteArray: 6, fixed: 7 };
const repetition = { required: 0, optional: 1, repeated: 2 };
const converted = { utf8: 0, decimal: 5, date: 6, timeMicros: 8, timestampMicros: 10, int64: 18 };
const logical = { timestamp: 8 };
/** Of BigQuery's NUMERIC. */
const numericScale = 9;
const mostNumericBytes = 16;

/** As `ColumnChunk` has it. Null where the leaf is not as BigQuery writes the field, as far as it is known. */
function widthOf(field: FieldSchema, leaf: ThriftFields): number | null {
  const isScalar = field.mode !== "REPEATED" && !field.fields;
  if (!isScalar || !leaf.has(1) || leaf.number(3) === repetition.repeated) return null;
  const type = leaf.number(1);
  const means = leaf.number(6, -1);
  const isPlain = means === -1 && !leaf.has(10);
  const when = (holds: boolean, width: number) => (holds ? width : null);
  switch (typeWord(field)) {
    case "INTEGER":
      return when(type === physical.int64 && (isPlain || means === converted.int64), 8);
    case "FLOAT":
      return when(type === physical.double && isPlain, 8);
    case "BOOLEAN":
      return when(type === physical.boolean && isPlain, -1);
    case "DATE":
      return when(type === physical.int32 && means === converted.date, 4);
    case "TIME":
      return when(type === physical.int64 && means === converted.timeMicros, 8);
    case "TIMESTAMP":
      return when(type === physical.int64 && means === converted.timestampMicros, 8);
    case "DATETIME":
      return when(isWithoutZone(leaf), 8);
    case "STRING":
      return when(type === physical.byteArray && means === converted.utf8, 0);
    case "BYTES":
      return when(type === physical.byteArray && isPlain, 0);
    case "NUMERIC":
      return numericWidth(leaf);
    default:
      return null;
  }
}

function numericWidth(leaf: ThriftFields): number | null {
  const bytes = leaf.number(2, 0);
  const isDecimal = leaf.number(1) === physical.fixed && leaf.number(6, -1) === converted.decimal;
  return isDecimal && leaf.number(7, 0) === numericScale && bytes <= mostNumericBytes
    ? bytes
    : null;
}

/** In microseconds, and not of UTC, which the logical type alone tells. */
function isWithoutZone(leaf: ThriftFields): boolean {
  if (leaf.number(1) !== physical.int64 || !leaf.has(10)) return false;
  const type = leaf.struct(10);
  if (!type.has(logical.timestamp)) return false;
  const timestamp = type.struct(logical.timestamp);
  return !timestamp.isTrue(1, true) && timestamp.struct(2).has(2);
}
