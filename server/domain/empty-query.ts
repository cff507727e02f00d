import type { FieldSchema } from "../../shared/table.ts";

/** A query, in parentheses, of one row of NULLs that has these columns. */
export function emptyQuery(schema: FieldSchema[]): string {
  const columns = schema.map((field) => `CAST(NULL AS ${sqlType(field)}) AS \`${field.name}\``);
  return `(SELECT ${columns.join(", ")})`;
}

const plainTypes: Record<string, string> = {
  INTEGER: "INT64",
  FLOAT: "FLOAT64",
  BOOLEAN: "BOOL",
};

function sqlType(field: FieldSchema): string {
  const one = elementType(field);
  return field.mode === "REPEATED" ? `ARRAY<${one}>` : one;
}

function elementType({ type, fields = [], rangeElementType }: FieldSchema): string {
  if (type === "RECORD" || type === "STRUCT") {
    return `STRUCT<${fields.map((one) => `\`${one.name}\` ${sqlType(one)}`).join(", ")}>`;
  }
  if (type === "RANGE") return `RANGE<${rangeElementType?.type ?? "DATE"}>`;
  return plainTypes[type] ?? type;
}
