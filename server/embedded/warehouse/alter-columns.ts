import type { FieldSchema } from "../../../shared/table.ts";
import { type ColumnChange, type TableChange, WarehouseError } from "./contract.ts";
import { addColumnTo } from "./create-relation.ts";
import type { TableDocument } from "./documents.ts";
import { duckdbType, quoteName } from "./field-types.ts";
import { castTo } from "./sql/types/casts.ts";
import { fromField } from "./sql/types/types.ts";
import type { WarehouseTransaction } from "./transaction.ts";

type Change<K extends TableChange["k"]> = Extract<TableChange, { k: K }>;

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function columnOf(document: TableDocument, name: string): FieldSchema | undefined {
  return document.schema.find((field) => same(field.name, name));
}

function requireColumn(document: TableDocument, name: string): FieldSchema {
  const field = columnOf(document, name);
  if (field) return field;
  throw new WarehouseError("invalidQuery", `Column not found: ${name}`);
}

export async function addColumn(
  tx: WarehouseTransaction,
  document: TableDocument,
  { field, ifNotExists }: Change<"addColumn">,
): Promise<TableDocument> {
  if (columnOf(document, field.name)) {
    if (ifNotExists) return document;
    throw new WarehouseError("invalidQuery", `Column already exists: ${field.name}`);
  }
  await addColumnTo(tx, document.relation, field);
  return { ...document, schema: [...document.schema, field] };
}

export async function dropColumn(
  tx: WarehouseTransaction,
  document: TableDocument,
  { name, ifExists }: Change<"dropColumn">,
): Promise<TableDocument> {
  if (ifExists && !columnOf(document, name)) return document;
  const field = requireColumn(document, name);
  refuseLayout(document, field.name, "drop");
  if (document.schema.length === 1) {
    throw new WarehouseError("invalidQuery", "A table must have at least one column");
  }
  await tx.run(`ALTER TABLE ${document.relation} DROP COLUMN ${quoteName(field.name)}`);
  return { ...document, schema: document.schema.filter((each) => each !== field) };
}

/** What a table is partitioned or clustered by stays as it is. */
function refuseLayout(document: TableDocument, name: string, what: string): void {
  const isPartitioning = document.partitioning?.field === name;
  if (!isPartitioning && !document.clustering.includes(name)) return;
  throw new WarehouseError(
    "invalidQuery",
    `Cannot ${what} ${isPartitioning ? "partitioning" : "clustering"} column ${name}`,
  );
}

export async function renameColumn(
  tx: WarehouseTransaction,
  document: TableDocument,
  { from, to, ifExists }: Change<"renameColumn">,
): Promise<TableDocument> {
  if (ifExists && !columnOf(document, from)) return document;
  const field = requireColumn(document, from);
  refuseLayout(document, field.name, "rename");
  if (columnOf(document, to) && !same(from, to)) {
    throw new WarehouseError("invalidQuery", `Column already exists: ${to}`);
  }
  const [before, after] = [quoteName(field.name), quoteName(to)];
  await tx.run(`ALTER TABLE ${document.relation} RENAME COLUMN ${before} TO ${after}`);
  const schema = document.schema.map((each) => (each === field ? { ...each, name: to } : each));
  return { ...document, schema };
}

/** SET DATA TYPE widens only. */
const wider: Record<string, string[]> = {
  INTEGER: ["NUMERIC", "BIGNUMERIC", "FLOAT"],
  NUMERIC: ["BIGNUMERIC", "FLOAT"],
};

export async function changeColumn(
  tx: WarehouseTransaction,
  document: TableDocument,
  { name, ifExists, field: change }: Change<"changeColumn">,
): Promise<TableDocument> {
  if (ifExists && !columnOf(document, name)) return document;
  const field = requireColumn(document, name);
  const after = await changed(tx, document, field, change);
  return {
    ...document,
    schema: document.schema.map((each) => (each === field ? after : each)),
  };
}

async function changed(
  tx: WarehouseTransaction,
  document: TableDocument,
  field: FieldSchema,
  change: ColumnChange,
): Promise<FieldSchema> {
  const column = `ALTER TABLE ${document.relation} ALTER COLUMN ${quoteName(field.name)}`;
  if (change.mode && field.mode === "REQUIRED") {
    await tx.run(`${column} DROP NOT NULL`);
    return { ...field, mode: "NULLABLE" };
  }
  if (change.type && change.type !== field.type) {
    refuseLayout(document, field.name, "change the type of");
    if (field.defaultValueExpression !== undefined) {
      const what = "ALTER COLUMN SET DATA TYPE of a column with DEFAULT";
      throw new WarehouseError("notImplemented", `not supported by the local warehouse: ${what}`);
    }
    if (field.mode === "REPEATED" || !wider[field.type]?.includes(change.type)) {
      throw new WarehouseError(
        "invalidQuery",
        `ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type (${field.type}) is assignable to the new type (${change.type})`,
      );
    }
    const after = { ...field, type: change.type };
    const using = converted(field, after);
    await tx.run(`${column} SET DATA TYPE ${duckdbType(after)} USING ${using}`);
    return after;
  }
  if (change.defaultValueExpression !== undefined) {
    const { defaultValueExpression: _, ...plain } = field;
    const value = change.defaultValueExpression;
    return value === null ? plain : { ...plain, defaultValueExpression: value };
  }
  if (change.description === undefined) return field;
  const { description: _, ...plain } = field as FieldSchema & { description?: string };
  return change.description === null
    ? plain
    : Object.assign(plain, { description: change.description });
}

/** DuckDB rounds a NUMERIC twice, and knows no BIGNUMERIC of BigQuery's. */
function converted(field: FieldSchema, after: FieldSchema): string {
  const column = quoteName(field.name);
  const [from, to] = [fromField(field), fromField(after)];
  // A place holder: ALTER TABLE takes no lambda, which would hold a column's name.
  const cast = from && to && castTo({ sql: "$1", type: from }, to, false);
  return cast ? cast.sql.replaceAll("$1", () => column) : column;
}
