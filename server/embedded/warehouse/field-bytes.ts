import type { FieldSchema } from "../../../shared/table.ts";
import { quoteName } from "./field-types.ts";

/**
 * DuckDB expressions for BigQuery's logical sizes
 * (cloud.google.com/bigquery/pricing#data-size-calculation): a NULL has none, a string is 2 bytes and
 * its UTF-8 length, a struct is its fields, an array its items.
 */
const fixedBytes: Record<string, number> = {
  INTEGER: 8,
  FLOAT: 8,
  BOOLEAN: 1,
  NUMERIC: 16,
  BIGNUMERIC: 32,
  DATE: 8,
  DATETIME: 8,
  TIMESTAMP: 8,
  TIME: 8,
  INTERVAL: 16,
  RANGE: 16,
};

/** An aggregate: the bytes of one column over a table. */
export function columnBytesSum(field: FieldSchema): string {
  const column = quoteName(field.name);
  const fixed = fixedBytes[field.type];
  if (field.mode !== "REPEATED" && fixed !== undefined) return `count(${column}) * ${fixed}`;
  return `coalesce(sum(${sizeOf(field, column)}), 0)`;
}

function sizeOf(field: FieldSchema, value: string): string {
  if (field.mode === "REPEATED") {
    const item = { ...field, mode: "NULLABLE" as const };
    const fixed = fixedBytes[field.type];
    if (fixed !== undefined) return `coalesce(len(${value}), 0) * ${fixed}`;
    return `coalesce(list_sum(list_transform(${value}, lambda x: ${sizeOf(item, "x")})), 0)`;
  }
  if (field.fields) {
    const sizes = field.fields.map((f) => sizeOf(f, `${value}.${quoteName(f.name)}`));
    return `(${sizes.join(" + ")})`;
  }
  const fixed = fixedBytes[field.type];
  if (fixed !== undefined) return `CASE WHEN ${value} IS NULL THEN 0 ELSE ${fixed} END`;
  if (field.type === "BYTES") return `coalesce(octet_length(${value}) + 2, 0)`;
  return `coalesce(strlen(${value}) + 2, 0)`;
}
