import { MaestroError } from "../../shared/errors.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { typeWord } from "./staged-values.ts";

/** A column that is written, and the SQL of its text. */
export interface WrittenColumn {
  name: string;
  expression: string;
}

/** BigQuery's names ignore case: the exact name, or the only one that differs in case alone. */
export function columnFor<T extends { name: string }>(columns: T[], name: string): T | undefined {
  const exact = columns.find((column) => column.name === name);
  if (exact) return exact;
  const alike = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
  return alike.length === 1 ? alike[0] : undefined;
}

export function describeType(field: FieldSchema): string {
  const word = typeWord(field);
  return field.mode === "REPEATED" ? `ARRAY<${word}>` : word;
}

/** The fields that are keys. Throws `database` where one is no column. */
export function keyNames(keys: string[], fields: FieldSchema[]): string[] {
  return keys.map((key) => {
    const field = columnFor(fields, key);
    if (field) return field.name;
    throw new MaestroError(
      "database",
      `the key ${key} is no column of the table: correct exportKeys`,
    );
  });
}
