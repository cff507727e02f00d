import type { ScalarType, SourceColumn } from "./source-column.ts";
import {
  encodedList,
  encodeStruct,
  i32,
  i64,
  list,
  struct,
  type ThriftStruct,
  text,
} from "./thrift-compact.ts";

/* The structs of a Parquet file (apache/parquet-format, parquet.thrift), with their fields' numbers. */

/** The form that readers expect, who know faults of some writers (parquet.thrift, FileMetaData). */
const createdBy = "maestro version 1.0.0";

export const magic = Buffer.from("PAR1");

const physical = { boolean: 0, int32: 1, int64: 2, double: 5, byteArray: 6, fixed: 7 } as const;
const repetition = { required: 0, optional: 1, repeated: 2 } as const;
const plainEncoding = 0;
const levelEncoding = 3;
const zstdCodec = 6;
const dataPage = 0;
const listConverted = 3;

const microseconds = struct({ 2: struct({}) });
const ofUnit = (isUtc: boolean) => struct({ 1: { isTrue: isUtc }, 2: microseconds });

/** Physical type, then what else the schema says of it. */
const types: Record<ScalarType, [type: number, more: ThriftStruct]> = {
  INT64: [physical.int64, { 6: i32(18) }],
  FLOAT64: [physical.double, {}],
  BOOL: [physical.boolean, {}],
  DATE: [physical.int32, { 6: i32(6), 10: struct({ 6: struct({}) }) }],
  DATETIME: [physical.int64, { 6: i32(10), 10: struct({ 8: ofUnit(false) }) }],
  TIMESTAMP: [physical.int64, { 6: i32(10), 10: struct({ 8: ofUnit(true) }) }],
  TIME: [physical.int64, { 6: i32(8), 10: struct({ 7: ofUnit(false) }) }],
  BYTES: [physical.byteArray, {}],
  STRING: [physical.byteArray, { 6: i32(0), 10: struct({ 1: struct({}) }) }],
  JSON: [physical.byteArray, { 6: i32(0), 10: struct({ 1: struct({}) }) }],
  NUMERIC: [
    physical.fixed,
    {
      2: i32(16),
      6: i32(5),
      7: i32(9),
      8: i32(38),
      10: struct({ 5: struct({ 1: i32(9), 2: i32(38) }) }),
    },
  ],
};

/** A column's chunk of a row group, which is one page. */
export interface ChunkFacts {
  column: SourceColumn;
  values: number;
  offset: number;
  /** With the page's header. */
  compressedBytes: number;
  plainBytes: number;
}

export function pageHeader(page: {
  plainBytes: number;
  compressedBytes: number;
  values: number;
}): Buffer {
  return encodeStruct({
    1: i32(dataPage),
    2: i32(page.plainBytes),
    3: i32(page.compressedBytes),
    5: struct({
      1: i32(page.values),
      2: i32(plainEncoding),
      3: i32(levelEncoding),
      4: i32(levelEncoding),
    }),
  });
}

/**
 * All that follows the last row group. The groups are those of `encodeGroup`: of a thousand columns a
 * file has tens of thousands of chunks, which as objects would take a hundred times their bytes.
 */
export function footer(columns: SourceColumn[], rows: number, groups: Buffer[]): Buffer {
  const root = { 4: text("schema"), 5: i32(columns.length) };
  const metadata = encodeStruct({
    1: i32(1),
    2: list([struct(root), ...columns.flatMap((column) => schemaOf(column).map(struct))]),
    3: i64(rows),
    4: encodedList(groups),
    6: text(createdBy),
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.length);
  return Buffer.concat([metadata, length, magic]);
}

function schemaOf({ name, type, isArray }: SourceColumn): ThriftStruct[] {
  const [physicalType, more] = types[type];
  const value = (its: string) => ({
    1: i32(physicalType),
    3: i32(repetition.optional),
    4: text(its),
    ...more,
  });
  if (!isArray) return [value(name)];
  return [
    {
      3: i32(repetition.optional),
      4: text(name),
      5: i32(1),
      6: i32(listConverted),
      10: struct({ 3: struct({}) }),
    },
    { 3: i32(repetition.repeated), 4: text("list"), 5: i32(1) },
    value("element"),
  ];
}

export function encodeGroup(rows: number, chunks: ChunkFacts[]): Buffer {
  return encodeStruct({
    1: list(chunks.map((chunk) => struct(chunkOf(chunk)))),
    2: i64(chunks.reduce((sum, { plainBytes }) => sum + plainBytes, 0)),
    3: i64(rows),
  });
}

function chunkOf({
  column,
  values,
  offset,
  compressedBytes,
  plainBytes,
}: ChunkFacts): ThriftStruct {
  const path = column.isArray ? [column.name, "list", "element"] : [column.name];
  return {
    2: i64(offset),
    3: struct({
      1: i32(types[column.type][0]),
      2: list([i32(plainEncoding), i32(levelEncoding)]),
      3: list(path.map(text)),
      4: i32(zstdCodec),
      5: i64(values),
      6: i64(plainBytes),
      7: i64(compressedBytes),
      9: i64(offset),
    }),
  };
}
