import type { DatabaseKind } from "../../shared/database.ts";
import { MaestroError } from "../../shared/errors.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { faultOfTargetName, isReservedTarget } from "../../shared/target-name.ts";
import type { ExportWork } from "./export-work.ts";
import type { EncodedColumn } from "./sent-rows.ts";
import { typeWord } from "./staged-values.ts";

/** A column that is written, and the SQL of its text. */
export interface WrittenColumn {
  name: string;
  expression: string;
  /** How it is written without SQL; null where that cannot be. */
  encoded: EncodedColumn | null;
}

/** Null where one of them cannot be written without SQL. */
export function encodedColumns(columns: WrittenColumn[]): EncodedColumn[] | null {
  const encoded = columns.flatMap((column) => column.encoded ?? []);
  return encoded.length === columns.length ? encoded : null;
}

/** BigQuery's names ignore case: the exact name, or the only one that differs in case alone. */
export function columnFor<T extends { name: string }>(columns: T[], name: string): T | undefined {
  const exact = columns.find((column) => column.name === name);
  if (exact) return exact;
  const alike = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
  return alike.length === 1 ? alike[0] : undefined;
}

/** A column of a table that is exported to, as far as both kinds of database have it. */
interface TargetColumnFacts {
  name: string;
  type: { sql: string };
  isNotNull: boolean;
  isGenerated: boolean;
  /** A row may do without it. */
  fillsItself: boolean;
}

/** How a kind of database writes. */
interface TargetDialect<Column, Written> {
  quoteName(name: string): string;
  newType(field: FieldSchema): string;
  /** Null where the column's type does not hold every value of the field. */
  write(column: Column, field: FieldSchema, at: number): Written | null;
}

/**
 * How the fields are written to the columns as they are. Throws `database` with every difference and
 * its remedy.
 */
export function matchTarget<Column extends TargetColumnFacts, Written>(
  target: { schema: string; name: string; columns: Column[] },
  fields: FieldSchema[],
  dialect: TargetDialect<Column, Written>,
): Written[] {
  const table = `${dialect.quoteName(target.schema)}.${dialect.quoteName(target.name)}`;
  const written: Written[] = [];
  const faults: string[] = [];
  for (const [at, field] of fields.entries()) {
    const column = columnFor(target.columns, field.name);
    const value = column && !column.isGenerated ? dialect.write(column, field, at) : null;
    if (value) written.push(value);
    else faults.push(faultOf(column, field, { ...dialect, table }));
  }
  for (const { name, isNotNull, fillsItself, isGenerated } of target.columns) {
    const isOwn = !isNotNull || fillsItself || isGenerated;
    if (isOwn || columnFor(fields, name)) continue;
    faults.push(
      `its column ${name} takes no NULL and has no default: add it to the query, or a default`,
    );
  }
  if (faults.length === 0) return written;
  throw new MaestroError("database", `${table} does not fit: ${faults.join("; ")}`);
}

function faultOf(
  column: TargetColumnFacts | undefined,
  field: FieldSchema,
  {
    table,
    quoteName,
    newType,
  }: Pick<TargetDialect<never, never>, "quoteName" | "newType"> & { table: string },
): string {
  const type = newType(field);
  if (!column) {
    return `it has no column ${field.name}: alter table ${table} add column ${quoteName(field.name)} ${type}`;
  }
  if (column.isGenerated) {
    return `its column ${column.name} is generated: leave it out of the query`;
  }
  return `its column ${column.name} is ${column.type.sql}, which cannot hold every ${describeType(field)} as it is: change it to ${type}, or convert it in the query`;
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
