import { quoteName } from "../../shared/sql-quotes.ts";
import type { FieldSchema } from "../../shared/table.ts";

/*
 * DuckDB's SQL of the values in staged files: one typed value for each BigQuery type, whatever the
 * format of the file. STRING, JSON, BIGNUMERIC, GEOGRAPHY, INTERVAL and RANGE are texts, and so is the
 * NUMERIC of JSON lines: DuckDB reads a text into DECIMAL(38, 9) at 24 µs a value.
 */

const words: Record<string, string> = {
  INT64: "INTEGER",
  FLOAT64: "FLOAT",
  BOOL: "BOOLEAN",
  STRUCT: "RECORD",
  DECIMAL: "NUMERIC",
  BIGDECIMAL: "BIGNUMERIC",
};

/** One word for each type of BigQuery, which has two for some. */
export function typeWord(field: FieldSchema): string {
  return field.fields ? "RECORD" : (words[field.type] ?? field.type);
}

export function elementOf(field: FieldSchema): FieldSchema {
  return { ...field, mode: "NULLABLE" };
}

const fromTexts: Record<string, (text: string) => string> = {
  BYTES: (v) => `from_base64(${v})`,
  INTEGER: (v) => `CAST(${v} AS BIGINT)`,
  FLOAT: (v) => `CAST(${v} AS DOUBLE)`,
  BOOLEAN: (v) => `CAST(${v} AS BOOLEAN)`,
  DATE: (v) => `CAST(${v} AS DATE)`,
  DATETIME: (v) => `CAST(${v} AS TIMESTAMP)`,
  TIMESTAMP: (v) => `CAST(replace(${v}, ' UTC', '') AS TIMESTAMP)`,
  TIME: (v) => `CAST(${v} AS TIME)`,
};

/** BigQuery's writer marks a TIMESTAMP as of no zone, others as of UTC. */
const fromParquet: Record<string, (value: string) => string> = {
  TIMESTAMP: (v) => `make_timestamp(epoch_us(${v}))`,
};

export const typeInParquet: Record<string, string> = {
  STRING: "VARCHAR",
  BYTES: "BLOB",
  INTEGER: "BIGINT",
  FLOAT: "DOUBLE",
  BOOLEAN: "BOOLEAN",
  NUMERIC: "DECIMAL(38,9)",
  DATE: "DATE",
  DATETIME: "TIMESTAMP",
  TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
  TIME: "TIME",
};

export function valueInParquet(field: FieldSchema, value: string): string {
  return typedValue(field, value, fromParquet);
}

/** Of what `jsonShape` has read. */
export function valueInJson(field: FieldSchema, value: string): string {
  return typedValue(field, value, fromTexts);
}

function typedValue(
  field: FieldSchema,
  value: string,
  leaves: Record<string, (value: string) => string>,
  depth = 0,
): string {
  if (!needsWork(field, leaves)) return value;
  if (field.mode === "REPEATED") {
    const x = `x${depth}`;
    return `list_transform(${value}, lambda ${x}: ${typedValue(elementOf(field), x, leaves, depth + 1)})`;
  }
  if (!field.fields) return leaves[typeWord(field)]?.(value) ?? value;
  const members = field.fields.map(
    (member) =>
      `${quoteName(member.name)} := ${typedValue(member, `${value}.${quoteName(member.name)}`, leaves, depth)}`,
  );
  return `CASE WHEN ${value} IS NULL THEN NULL ELSE struct_pack(${members.join(", ")}) END`;
}

function needsWork(field: FieldSchema, leaves: Record<string, unknown>): boolean {
  if (field.fields) return field.fields.some((member) => needsWork(member, leaves));
  return typeWord(field) in leaves;
}

/** DuckDB's json_transform structure: every leaf as its text. */
export function jsonShape(fields: FieldSchema[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field) => {
      const item = field.fields ? jsonShape(field.fields) : leafShape(field);
      return [field.name, field.mode === "REPEATED" ? [item] : item];
    }),
  );
}

function leafShape(field: FieldSchema): string {
  return field.type === "JSON" ? "JSON" : "VARCHAR";
}

const inJson: Record<string, (value: string) => string> = {
  INTEGER: (v) => v,
  BOOLEAN: (v) => v,
  JSON: (v) => `CAST(${v} AS JSON)`,
  FLOAT: (v) =>
    `CASE WHEN isfinite(${v}) THEN to_json(${v}) WHEN isnan(${v}) THEN to_json('NaN') WHEN ${v} > 0 THEN to_json('Infinity') WHEN ${v} < 0 THEN to_json('-Infinity') END`,
  NUMERIC: (v) =>
    `CASE WHEN contains(CAST(${v} AS VARCHAR), '.') THEN rtrim(rtrim(CAST(${v} AS VARCHAR), '0'), '.') ELSE CAST(${v} AS VARCHAR) END`,
  BYTES: (v) => `to_base64(${v})`,
  DATETIME: (v) => `replace(CAST(${v} AS VARCHAR), ' ', 'T')`,
  TIMESTAMP: (v) => `replace(CAST(${v} AS VARCHAR), ' ', 'T') || 'Z'`,
};

/**
 * JSON text of a typed value, as a column for JSON takes it: INT64 as a number, whatever its size;
 * NUMERIC, and what is no finite number, as texts, so that no reader rounds them; BYTES in base64; a
 * TIMESTAMP in UTC with its Z.
 */
export function jsonText(field: FieldSchema, value: string): string {
  const json = `CAST(to_json(${jsonMember(field, value)}) AS VARCHAR)`;
  return `CASE WHEN ${value} IS NOT NULL THEN ${json} END`;
}

function jsonMember(field: FieldSchema, value: string, depth = 0): string {
  if (field.mode === "REPEATED") {
    const x = `y${depth}`;
    return `list_transform(coalesce(${value}, []), lambda ${x}: ${jsonMember(elementOf(field), x, depth + 1)})`;
  }
  if (field.fields) {
    const members = field.fields.map(
      (member) =>
        `${quoteName(member.name)} := ${jsonMember(member, `${value}.${quoteName(member.name)}`, depth)}`,
    );
    return `CASE WHEN ${value} IS NULL THEN NULL ELSE struct_pack(${members.join(", ")}) END`;
  }
  return inJson[typeWord(field)]?.(value) ?? `CAST(${value} AS VARCHAR)`;
}
