import {
  type DuckDBBlobValue,
  type DuckDBDateValue,
  type DuckDBDecimalValue,
  DuckDBListValue,
  type DuckDBStructValue,
  type DuckDBTimestampTZValue,
  type DuckDBTimestampValue,
  type DuckDBTimeValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import type { FieldSchema } from "../../../../shared/table.ts";
import { WarehouseError } from "../contract.ts";
import { dateText, datetimeText, signedBytes, timeText } from "./value-texts.ts";

/*
 * The Avro that BigQuery extracts
 * (cloud.google.com/bigquery/docs/exporting-data#avro_export_details): the row is the record Root,
 * dates and times are texts unless useAvroLogicalTypes is set, a TIMESTAMP always its own.
 */

interface Writer {
  schema: unknown;
  /** What avsc takes for the value; bigints for longs, `{ branch: value }` for unions. */
  value(value: DuckDBValue): unknown;
}

export function avroWriter(
  fields: FieldSchema[],
  logicalTypes: boolean,
): { schema: unknown; value(row: readonly DuckDBValue[]): unknown } {
  const root = record("Root", undefined, fields, { logicalTypes, names: new Set() });
  return {
    schema: root.schema,
    value: (row) => root.members(row),
  };
}

interface Options {
  logicalTypes: boolean;
  /** Names of records taken so far: a file may use each once. */
  names: Set<string>;
}

function record(
  name: string,
  namespace: string | undefined,
  fields: FieldSchema[],
  options: Options,
) {
  const writers = fields.map((field) => ({ field, writer: member(field, options) }));
  for (const { field } of writers) checkName(field.name);
  return {
    schema: {
      type: "record",
      ...(namespace === undefined ? {} : { namespace }),
      name,
      fields: writers.map(({ field, writer }) => ({ name: field.name, type: writer.schema })),
    },
    members: (values: readonly DuckDBValue[]) =>
      Object.fromEntries(
        writers.map(({ field, writer }, i) => [field.name, writer.value(values[i] ?? null)]),
      ),
  };
}

function checkName(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return;
  throw new WarehouseError("invalid", `Avro allows no field of this name: ${name}`);
}

function member(field: FieldSchema, options: Options): Writer {
  const item = field.fields
    ? nested(field.name, field.fields, options)
    : scalar(field.type, options.logicalTypes);
  if (field.mode === "REPEATED") {
    return {
      schema: { type: "array", items: item.schema },
      value: (list) => (list instanceof DuckDBListValue ? list.items.map(item.value) : []),
    };
  }
  if (field.mode === "REQUIRED") return item;
  return {
    schema: ["null", item.schema],
    value: (value) => (value === null ? null : { [branchName(item.schema)]: item.value(value) }),
  };
}

function nested(name: string, fields: FieldSchema[], options: Options): Writer {
  const base = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  let unique = base;
  for (let n = 2; options.names.has(unique); n += 1) unique = `${base}_${n}`;
  options.names.add(unique);
  const { schema, members } = record(unique, "root", fields, options);
  return {
    schema,
    value: (value) => members(Object.values((value as DuckDBStructValue).entries)),
  };
}

function branchName(schema: unknown): string {
  if (typeof schema === "string") return schema;
  const { type, namespace, name } = schema as { type: string; namespace?: string; name?: string };
  return type === "record" ? `${namespace}.${name}` : type;
}

const same = (value: DuckDBValue) => value;
const dateOf = (value: DuckDBValue) => (value as DuckDBDateValue).days;
const timeOf = (value: DuckDBValue) => (value as DuckDBTimeValue).micros;
const datetimeOf = (value: DuckDBValue) => datetimeText((value as DuckDBTimestampValue).micros);

const scalars: Record<string, Writer> = {
  INTEGER: { schema: "long", value: same },
  FLOAT: { schema: "double", value: same },
  BOOLEAN: { schema: "boolean", value: same },
  STRING: { schema: "string", value: same },
  BYTES: { schema: "bytes", value: (value) => Buffer.from((value as DuckDBBlobValue).bytes) },
  JSON: { schema: { type: "string", sqlType: "JSON" }, value: same },
  NUMERIC: {
    schema: { type: "bytes", logicalType: "decimal", precision: 38, scale: 9 },
    value: (value) => signedBytes((value as DuckDBDecimalValue).value),
  },
  BIGNUMERIC: {
    schema: { type: "bytes", logicalType: "decimal", precision: 77, scale: 38 },
    value: (value) => signedBytes(value as bigint),
  },
  TIMESTAMP: {
    schema: { type: "long", logicalType: "timestamp-micros" },
    value: (value) => (value as DuckDBTimestampTZValue).micros,
  },
};
const texts: Record<string, Writer> = {
  DATE: {
    schema: { type: "string", sqlType: "DATE" },
    value: (value) => dateText(dateOf(value)),
  },
  TIME: {
    schema: { type: "string", sqlType: "TIME" },
    value: (value) => timeText(timeOf(value)),
  },
  DATETIME: { schema: { type: "string", sqlType: "DATETIME" }, value: datetimeOf },
};
const logical: Record<string, Writer> = {
  DATE: { schema: { type: "int", logicalType: "date" }, value: dateOf },
  TIME: { schema: { type: "long", logicalType: "time-micros" }, value: timeOf },
  DATETIME: { schema: { type: "string", logicalType: "datetime" }, value: datetimeOf },
};

function scalar(type: string, logicalTypes: boolean): Writer {
  const writer = scalars[type] ?? (logicalTypes ? logical : texts)[type];
  if (writer) return writer;
  throw new WarehouseError(
    "notImplemented",
    `Avro files of the type ${type} are not supported by the local warehouse`,
  );
}
