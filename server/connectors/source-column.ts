import type { Decimal, ScalarType, SourceColumn } from "../../shared/source-column.ts";
import type { FieldSchema } from "../../shared/table.ts";

export type { Decimal, ScalarType, SourceColumn };

/** BigQuery's schema of the columns. */
export function schemaOf(columns: SourceColumn[]): FieldSchema[] {
  return columns.map(({ name, type, isArray }) => ({
    name,
    type,
    mode: isArray ? "REPEATED" : "NULLABLE",
  }));
}
