import type { FieldSchema } from "../../../shared/table.ts";
import { WarehouseError } from "./contract.ts";
import { quoteName, quoteText } from "./field-types.ts";
import { rangeObject, rangeText } from "./sql/types/ranges.ts";

/** DuckDB expressions for the forms that extract jobs write values in. */
const texts: Record<string, (value: string) => string> = {
  BYTES: (v) => `to_base64(${v})`,
  NUMERIC: (v) => `regexp_replace(CAST(${v} AS VARCHAR), '\\.?0+$', '')`,
  BIGNUMERIC: (v) => `maestro_big_text(${v})`,
  DATETIME: (v) => `replace(CAST(${v} AS VARCHAR), ' ', 'T')`,
  INTERVAL: (v) => `maestro_interval_text(${v})`,
  TIMESTAMP: (v) => `replace(CAST(${v} AS VARCHAR), '+00', ' UTC')`,
};

/** How the ends of a RANGE are written. */
function endText(field: FieldSchema): (end: string) => string {
  const write = texts[field.rangeElementType?.type ?? ""];
  return write ?? ((end) => `CAST(${end} AS VARCHAR)`);
}

export function csvText(field: FieldSchema): string {
  if (field.mode === "REPEATED" || field.fields) {
    throw new WarehouseError(
      "invalid",
      `Operation cannot be performed on a nested schema. Field: ${field.name}`,
    );
  }
  const column = quoteName(field.name);
  if (field.rangeElementType) return rangeText(column, endText(field));
  return texts[field.type]?.(column) ?? `CAST(${column} AS VARCHAR)`;
}

/** A JSON value: numbers that JSON may lose are texts, as BigQuery writes them. */
export function jsonValue(field: FieldSchema, value: string): string {
  if (field.mode === "REPEATED") {
    const item = jsonValue({ ...field, mode: "NULLABLE" }, "x");
    return `list_transform(coalesce(${value}, []), lambda x: ${item})`;
  }
  if (field.fields) {
    const members = field.fields.map((f) => {
      const member = `${value}.${quoteName(f.name)}`;
      return `${quoteName(f.name)} := ${jsonValue(f, member)}`;
    });
    return `CASE WHEN ${value} IS NULL THEN NULL ELSE struct_pack(${members.join(", ")}) END`;
  }
  if (field.rangeElementType) return rangeObject(value, endText(field));
  if (field.type === "BOOLEAN" || field.type === "JSON") return value;
  if (field.type === "FLOAT") {
    return `CASE WHEN ${value} IS NULL THEN NULL WHEN isfinite(${value}) THEN to_json(${value}) WHEN isnan(${value}) THEN to_json('NaN') ELSE to_json(CASE WHEN ${value} > 0 THEN 'Infinity' ELSE '-Infinity' END) END`;
  }
  return texts[field.type]?.(value) ?? `CAST(${value} AS VARCHAR)`;
}

/**
 * A row as one line. A NULL field is left out, as BigQuery does; the null of a JSON column is a value,
 * and stays.
 */
export function jsonLine(schema: FieldSchema[]): string {
  const members = schema.map((field) => {
    const column =
      field.mode === "REPEATED" ? `coalesce(${quoteName(field.name)}, [])` : quoteName(field.name);
    const value = `CAST(to_json(${jsonValue(field, column)}) AS VARCHAR)`;
    // A merge patch drops what is NULL within.
    const isPlain = !field.fields || hasJson(field.fields) || field.mode === "REPEATED";
    const kept = isPlain ? value : `CAST(json_merge_patch('{}', ${value}) AS VARCHAR)`;
    const key = quoteText(`${JSON.stringify(field.name)}:`);
    return `CASE WHEN ${column} IS NOT NULL THEN ${key} || ${kept} END`;
  });
  return `'{' || concat_ws(',', ${members.join(", ")}) || '}'`;
}

/** True where a JSON column may hold nulls of its own, which must not be taken for absent fields. */
function hasJson(schema: FieldSchema[]): boolean {
  return schema.some((field) => field.type === "JSON" || hasJson(field.fields ?? []));
}
