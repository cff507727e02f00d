import type { FieldSchema } from "../../shared/table.ts";

/** REST's TableFieldSchema; modes are absent where they are NULLABLE. */
export interface RestField {
  name: string;
  type: string;
  mode?: string;
  fields?: RestField[];
}

export function toFieldSchema(field: RestField): FieldSchema {
  return {
    name: field.name,
    type: field.type,
    mode: field.mode === "REQUIRED" || field.mode === "REPEATED" ? field.mode : "NULLABLE",
    ...(field.fields ? { fields: field.fields.map(toFieldSchema) } : {}),
  };
}

interface RestCell {
  v: unknown;
}
export interface RestRow {
  f?: RestCell[];
}

/** One row as JSON values. Integers and decimals that a number cannot hold exactly stay strings. */
export function toValues(row: RestRow, schema: FieldSchema[]): unknown[] {
  return schema.map((field, index) => toValue(row.f?.[index]?.v ?? null, field));
}

function toValue(value: unknown, field: FieldSchema): unknown {
  if (field.mode === "REPEATED") {
    const element: FieldSchema = { ...field, mode: "NULLABLE" };
    return ((value ?? []) as RestCell[]).map((cell) => toValue(cell.v, element));
  }
  if (value === null) return null;
  if (field.type === "RECORD" || field.type === "STRUCT") {
    const fields = field.fields ?? [];
    const values = toValues(value as RestRow, fields);
    return Object.fromEntries(fields.map((each, index) => [each.name, values[index]]));
  }
  return toScalar(String(value), field.type);
}

function toScalar(text: string, type: string): unknown {
  switch (type) {
    case "INTEGER":
    case "INT64":
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case "FLOAT":
    case "FLOAT64":
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case "BOOLEAN":
    case "BOOL":
      return text === "true";
    case "TIMESTAMP":
      return toTimestamp(text);
    default:
      return text;
  }
}

/** Asked for as whole microseconds (formatOptions.useInt64Timestamp); shown as RFC 3339. */
function toTimestamp(text: string): string {
  if (!/^-?\d+$/.test(text)) return text;
  const micros = BigInt(text);
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((micros - fraction) / 1_000_000n);
  const date = new Date(seconds * 1000).toISOString().slice(0, -5);
  return fraction === 0n ? `${date}Z` : `${date}.${String(fraction).padStart(6, "0")}Z`;
}
