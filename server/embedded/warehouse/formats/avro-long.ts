import avro, { type Schema, type Type } from "avsc";

// Node finds no names of their own in this package.
const { types } = avro;

/** 64 bits do not fit into JavaScript's numbers. */
const long = types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer(value: bigint) {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => (a < b ? -1 : Number(a > b)),
});

/** A codec for values of the schema: longs are bigints, a union's value `{ branch: value }`. */
export function avroType(schema: unknown): Type {
  const registry = { long };
  return avro.Type.forSchema(bare(schema) as Schema, { registry, wrapUnions: "always" });
}

/** The schema of the encoding alone: logical types, defaults and the like say nothing about it. */
function bare(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(bare);
  if (typeof schema !== "object" || schema === null) return schema;
  const { type, name, namespace, symbols, size, items, values, fields } = schema as Record<
    string,
    unknown
  >;
  const named = { ...(name ? { name } : {}), ...(namespace ? { namespace } : {}) };
  switch (type) {
    case "record":
      return { type, ...named, fields: (fields as { name: string; type: unknown }[]).map(field) };
    case "enum":
      return { type, ...named, symbols };
    case "fixed":
      return { type, ...named, size };
    case "array":
      return { type, items: bare(items) };
    case "map":
      return { type, values: bare(values) };
    default:
      return bare(type);
  }
}

function field({ name, type }: { name: string; type: unknown }) {
  return { name, type: bare(type) };
}
