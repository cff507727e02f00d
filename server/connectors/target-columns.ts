import type { DatabaseKind } from "../../shared/database.ts";
import { MaestroError } from "../../shared/errors.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { faultOfTargetName, isReservedTarget } from "../../shared/target-name.ts";
import type { ExportWork } from "./export-work.ts";
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

/** Throws `database` for a name that the database would cut, or that is Maestro's own there. */
export function refuseNames(
  kind: DatabaseKind,
  { table, fields }: Pick<ExportWork, "table" | "fields">,
): void {
  if (isReservedTarget(table.name)) {
    throw new MaestroError(
      "database",
      `tables named maestro_… are Maestro's own: export to another name than ${table.name}`,
    );
  }
  const fault = faultOfTargetName(kind, table.name);
  if (fault !== null) {
    throw new MaestroError(
      "database",
      `the table cannot be named ${table.name} there: ${fault}; name a shorter one as the export's table`,
    );
  }
  for (const { name } of fields) {
    const why = faultOfTargetName(kind, name);
    if (why === null) continue;
    throw new MaestroError(
      "database",
      `the column ${name} cannot have its name there: ${why}; give it a shorter one in the query, by AS`,
    );
  }
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
