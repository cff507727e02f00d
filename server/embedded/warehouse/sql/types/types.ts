import type { FieldSchema } from "../../../../../shared/table.ts";

export const rangeKinds = ["RANGE<DATE>", "RANGE<DATETIME>", "RANGE<TIMESTAMP>"] as const;
export type RangeKind = (typeof rangeKinds)[number];

export type ScalarKind =
  | RangeKind
  | "INT64"
  | "FLOAT64"
  | "NUMERIC"
  | "BIGNUMERIC"
  | "BOOL"
  | "STRING"
  | "BYTES"
  | "DATE"
  | "DATETIME"
  | "TIMESTAMP"
  | "TIME"
  | "JSON"
  | "INTERVAL";

export interface StructFieldType {
  name: string | null;
  type: GType;
}

/** A GoogleSQL type. */
export type GType =
  | { kind: ScalarKind }
  | { kind: "ARRAY"; element: GType }
  | { kind: "STRUCT"; fields: StructFieldType[] };

const duckTypes: Record<ScalarKind, string> = {
  INT64: "BIGINT",
  FLOAT64: "DOUBLE",
  NUMERIC: "DECIMAL(38,9)",
  BIGNUMERIC: "BIGNUM",
  BOOL: "BOOLEAN",
  STRING: "VARCHAR",
  BYTES: "BLOB",
  DATE: "DATE",
  DATETIME: "TIMESTAMP",
  TIMESTAMP: "TIMESTAMPTZ",
  TIME: "TIME",
  JSON: "JSON",
  INTERVAL: "INTERVAL",
  "RANGE<DATE>": 'STRUCT("start" DATE, "end" DATE)',
  "RANGE<DATETIME>": 'STRUCT("start" TIMESTAMP, "end" TIMESTAMP)',
  "RANGE<TIMESTAMP>": 'STRUCT("start" TIMESTAMPTZ, "end" TIMESTAMPTZ)',
};

export function isRange(kind: string): kind is RangeKind {
  return rangeKinds.some((each) => each === kind);
}

/** What a range is of. */
export function rangeElement(kind: RangeKind): "DATE" | "DATETIME" | "TIMESTAMP" {
  return kind.slice(6, -1) as "DATE" | "DATETIME" | "TIMESTAMP";
}

const aliases: Record<string, ScalarKind> = {
  INT: "INT64",
  INTEGER: "INT64",
  BIGINT: "INT64",
  SMALLINT: "INT64",
  TINYINT: "INT64",
  BYTEINT: "INT64",
  FLOAT: "FLOAT64",
  DECIMAL: "NUMERIC",
  BIGDECIMAL: "BIGNUMERIC",
  BOOLEAN: "BOOL",
};

export const scalar = (kind: ScalarKind): GType => ({ kind });
export const arrayOf = (element: GType): GType => ({ kind: "ARRAY", element });

/** The kind of a scalar type's name or alias; undefined for what the local warehouse has not. */
export function scalarKind(name: string): ScalarKind | undefined {
  const upper = name.toUpperCase();
  return upper in duckTypes ? (upper as ScalarKind) : aliases[upper];
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What a struct's field is called in DuckDB, which has no nameless ones. */
export function fieldName(field: StructFieldType, index: number): string {
  return field.name ?? `_field_${index + 1}`;
}

export function duckType(type: GType): string {
  if (type.kind === "ARRAY") return `${duckType(type.element)}[]`;
  if (type.kind === "STRUCT") {
    const fields = type.fields.map((f, i) => `${quoteName(fieldName(f, i))} ${duckType(f.type)}`);
    return `STRUCT(${fields.join(", ")})`;
  }
  return duckTypes[type.kind];
}

/** As BigQuery writes the type in its messages. */
export function typeName(type: GType): string {
  if (type.kind === "ARRAY") return `ARRAY<${typeName(type.element)}>`;
  if (type.kind === "STRUCT") {
    const fields = type.fields.map((f) => (f.name ? `${f.name} ` : "") + typeName(f.type));
    return `STRUCT<${fields.join(", ")}>`;
  }
  return type.kind;
}

export function sameType(a: GType, b: GType): boolean {
  if (a.kind === "ARRAY") return b.kind === "ARRAY" && sameType(a.element, b.element);
  if (a.kind === "STRUCT") {
    return (
      b.kind === "STRUCT" &&
      a.fields.length === b.fields.length &&
      a.fields.every((f, i) => sameField(f, b.fields[i]))
    );
  }
  return a.kind === b.kind;
}

function sameField(a: StructFieldType, b: StructFieldType | undefined): boolean {
  if (!b) return false;
  return (a.name ?? "").toLowerCase() === (b.name ?? "").toLowerCase() && sameType(a.type, b.type);
}

const restNames: Partial<Record<ScalarKind, string>> = {
  INT64: "INTEGER",
  FLOAT64: "FLOAT",
  BOOL: "BOOLEAN",
};

const kindsOfRest: Record<string, ScalarKind> = {
  ...aliases,
  INTEGER: "INT64",
  FLOAT: "FLOAT64",
  BOOLEAN: "BOOL",
};

/** The REST API's schema of a column. */
export function toField(name: string, type: GType): FieldSchema {
  if (type.kind === "ARRAY") return { ...toField(name, type.element), mode: "REPEATED" };
  if (type.kind === "STRUCT") {
    const fields = type.fields.map((f, i) => toField(fieldName(f, i), f.type));
    return { name, type: "RECORD", mode: "NULLABLE", fields };
  }
  if (isRange(type.kind)) {
    const rangeElementType = { type: rangeElement(type.kind) };
    return { name, type: "RANGE", mode: "NULLABLE", rangeElementType };
  }
  return { name, type: restNames[type.kind] ?? type.kind, mode: "NULLABLE" };
}

/** Null where the local warehouse has no such type. */
export function fromField(field: FieldSchema): GType | null {
  const upper = field.type.toUpperCase();
  let type: GType | null;
  if (upper === "RECORD" || upper === "STRUCT") type = structOfFields(field.fields ?? []);
  else {
    const range = `RANGE<${field.rangeElementType?.type.toUpperCase()}>`;
    const kind = kindsOfRest[upper] ?? scalarKind(upper === "RANGE" ? range : upper);
    type = kind ? scalar(kind) : null;
  }
  return type && field.mode === "REPEATED" ? arrayOf(type) : type;
}

function structOfFields(schema: FieldSchema[]): GType | null {
  const fields: StructFieldType[] = [];
  for (const field of schema) {
    const type = fromField(field);
    if (!type) return null;
    fields.push({ name: field.name, type });
  }
  return { kind: "STRUCT", fields };
}
