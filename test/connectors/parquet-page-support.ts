import { zstdCompressSync } from "node:zlib";
import {
  encodeStruct,
  i32,
  i64,
  list,
  struct,
  text,
} from "../../server/connectors/thrift-compact.ts";

/** A file of one column, as parquet.thrift has it. */
export function pageOfVersionTwo(values: (bigint | null)[]) {
  const there = values.filter((value) => value !== null);
  const plain = Buffer.alloc(there.length * 8);
  for (const [at, value] of there.entries()) plain.writeBigInt64LE(value, at * 8);
  const packed = zstdCompressSync(plain);
  const bits = values.reduce((sum, value, at) => sum | (value === null ? 0 : 1 << at), 0);
  const levels = Buffer.from([3, bits]);
  const header = encodeStruct({
    1: i32(3),
    2: i32(levels.length + plain.length),
    3: i32(levels.length + packed.length),
    8: struct({
      1: i32(values.length),
      2: i32(values.length - there.length),
      3: i32(values.length),
      4: i32(0),
      5: i32(levels.length),
      6: i32(0),
    }),
  });
  const magic = Buffer.from("PAR1");
  const pages = Buffer.concat([magic, header, levels, packed]);
  const chunk = struct({
    1: i32(2),
    2: list([i32(0), i32(3)]),
    3: list([text("n")]),
    4: i32(6),
    5: i64(values.length),
    6: i64(header.length + levels.length + plain.length),
    7: i64(pages.length - magic.length),
    9: i64(magic.length),
  });
  const group = struct({
    1: list([struct({ 2: i64(magic.length), 3: chunk })]),
    2: i64(pages.length),
    3: i64(values.length),
  });
  const metadata = encodeStruct({
    1: i32(2),
    2: list([
      struct({ 4: text("schema"), 5: i32(1) }),
      struct({ 1: i32(2), 3: i32(1), 4: text("n") }),
    ]),
    3: i64(values.length),
    4: list([group]),
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.length);
  const packedAt = pages.length - packed.length;
  return { pages, packedAt, footer: Buffer.concat([metadata, length, magic]) };
}
