import type { FieldSchema } from "../../../shared/table.ts";
import { widen } from "./column-digits.ts";
import {
  type ColumnChange,
  type CompiledStatement,
  type TableChange,
  type TableConstraints,
  WarehouseError,
} from "./contract.ts";
import { createRelation } from "./create-relation.ts";
import { prepareTarget, withProperties } from "./ddl-parts.ts";
import { checkTableId, type TableDocument, tableText } from "./documents.ts";
import { duckdbType, quoteName } from "./field-types.ts";
import type { WarehouseTransaction } from "./transaction.ts";

type Statement<K extends CompiledStatement["kind"]> = Extract<CompiledStatement, { kind: K }>;
type Change<K extends TableChange["k"]> = Extract<TableChange, { k: K }>;

/** CREATE TABLE … LIKE | COPY | CLONE and CREATE SNAPSHOT TABLE: all of the source, hidden column and all. */
export async function copyTable(
  tx: WarehouseTransaction,
  statement: Statement<"copyTable">,
  relation: string | undefined,
): Promise<Record<string, unknown>> {
  const { target, how, options } = statement;
  const source = tx.requireTable(statement.source);
  const performed = prepareTarget(tx, target, statement.mode, "TABLE");
  const outcome = { ddlOperationPerformed: performed, ddlTargetTable: target };
  if (performed === "SKIP") return outcome;
  checkTableId(target.tableId);
  const now = tx.now.getTime();
  const { special: _, base: __, ...plain } = source;
  const document: TableDocument = {
    ...plain,
    name: target,
    relation: relation ?? tx.catalog.newRelation(),
    properties: withProperties(source.properties, options),
    expiresAt: options.expiresAt ?? null,
    createdAt: now,
    modifiedAt: now,
    ...(how === "SNAPSHOT" ? { special: "SNAPSHOT" as const } : {}),
    ...(how === "SNAPSHOT" || how === "CLONE" ? { base: source.name } : {}),
  };
  await createRelation(tx, document);
  if (how !== "LIKE") {
    await tx.run(`INSERT INTO ${document.relation} BY NAME SELECT * FROM ${source.relation}`);
  }
  tx.setTable(document);
  return outcome;
}

export async function alter(
  tx: WarehouseTransaction,
  statement: Statement<"alter">,
): Promise<Record<string, unknown>> {
  if (statement.object === "SCHEMA") return alterSchema(tx, statement);
  const { target, ifExists } = statement;
  const before = tx.table(target);
  const outcome = (ddlOperationPerformed: string) => ({
    ddlOperationPerformed,
    ddlTargetTable: target,
  });
  if (!before && ifExists) return outcome("SKIP");
  if (!before) return tx.requireTable(target) as never;
  if (before.type !== statement.object) {
    throw new WarehouseError(
      "invalidQuery",
      `ALTER ${statement.object} cannot change ${tableText(target)}, which has type ${before.special ?? before.type}`,
    );
  }
  const isInPlace = statement.changes.some(({ k }) => /^(drop|rename|change)Column$/.test(k));
  let document = isInPlace ? await widen(tx, before) : before;
  for (const change of statement.changes) document = await apply(tx, document, change);
  if (document.name.tableId !== target.tableId) tx.removeTable(target);
  tx.setTable({ ...document, modifiedAt: tx.now.getTime() });
  return outcome("ALTER");
}

function alterSchema(
  tx: WarehouseTransaction,
  { target, ifExists, changes }: Statement<"alter">,
): Record<string, unknown> {
  const { projectId, datasetId } = target;
  const before = tx.dataset(projectId, datasetId);
  const ddlTargetDataset = { projectId, datasetId };
  if (!before && ifExists) return { ddlOperationPerformed: "SKIP", ddlTargetDataset };
  tx.requireDataset(projectId, datasetId);
  let properties = before?.properties ?? {};
  for (const change of changes) {
    if (change.k === "options") properties = withProperties(properties, change.options);
  }
  if (before) {
    const document = { ...before, properties, modifiedAt: tx.now.getTime() };
    tx.setDataset(projectId, datasetId, document);
  }
  return { ddlOperationPerformed: "ALTER", ddlTargetDataset };
}

async function apply(
  tx: WarehouseTransaction,
  document: TableDocument,
  change: TableChange,
): Promise<TableDocument> {
  switch (change.k) {
    case "options":
      return withOptions(document, change);
    case "addColumn":
      return addColumn(tx, document, change);
    case "dropColumn":
      return dropColumn(tx, document, change);
    case "renameColumn":
      return renameColumn(tx, document, change);
    case "rename":
      return rename(tx, document, change);
    case "changeColumn":
      return changeColumn(tx, document, change);
    case "addKeys":
      return withConstraints(document, (before) => ({
        ...before,
        ...change.constraints,
        foreignKeys: [...(before.foreignKeys ?? []), ...(change.constraints.foreignKeys ?? [])],
      }));
    case "dropPrimaryKey":
      return withConstraints(document, ({ primaryKey, ...rest }) => {
        if (primaryKey || change.ifExists) return rest;
        throw new WarehouseError("invalidQuery", `${tableText(document.name)} has no primary key`);
      });
  }
}

function withOptions(document: TableDocument, { options }: Change<"options">): TableDocument {
  const { partitioning } = document;
  const expirationMs = options.partitionExpirationMs;
  if (expirationMs !== undefined && !partitioning) {
    throw new WarehouseError("invalidQuery", `${tableText(document.name)} is not partitioned`);
  }
  return {
    ...document,
    properties: withProperties(document.properties, options),
    expiresAt: options.expiresAt === undefined ? document.expiresAt : options.expiresAt,
    partitioning:
      partitioning && expirationMs !== undefined ? { ...partitioning, expirationMs } : partitioning,
  };
}

function withConstraints(
  document: TableDocument,
  change: (before: TableConstraints) => TableConstraints,
): TableDocument {
  const before = (document.properties["tableConstraints"] ?? {}) as TableConstraints;
  const tableConstraints = change(before);
  return { ...document, properties: { ...document.properties, tableConstraints } };
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function columnOf(document: TableDocument, name: string): FieldSchema | undefined {
  return document.schema.find((field) => same(field.name, name));
}

function requireColumn(document: TableDocument, name: string): FieldSchema {
  const field = columnOf(document, name);
  if (field) return field;
  throw new WarehouseError("invalidQuery", `Column not found: ${name}`);
}

async function addColumn(
  tx: WarehouseTransaction,
  document: TableDocument,
  { field, ifNotExists }: Change<"addColumn">,
): Promise<TableDocument> {
  if (columnOf(document, field.name)) {
    if (ifNotExists) return document;
    throw new WarehouseError("invalidQuery", `Column already exists: ${field.name}`);
  }
  const type = duckdbType(field);
  await tx.run(`ALTER TABLE ${document.relation} ADD COLUMN ${quoteName(field.name)} ${type}`);
  return { ...document, schema: [...document.schema, field] };
}

async function dropColumn(
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

async function renameColumn(
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

function rename(
  tx: WarehouseTransaction,
  document: TableDocument,
  { tableId }: Change<"rename">,
): TableDocument {
  checkTableId(tableId);
  const name = { ...document.name, tableId };
  if (tx.table(name)) {
    throw new WarehouseError("duplicate", `Already Exists: Table ${tableText(name)}`);
  }
  return { ...document, name };
}

/** SET DATA TYPE widens only. */
const wider: Record<string, string[]> = {
  INTEGER: ["NUMERIC", "FLOAT"],
  NUMERIC: ["FLOAT"],
};

async function changeColumn(
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
    if (field.mode === "REPEATED" || !wider[field.type]?.includes(change.type)) {
      throw new WarehouseError(
        "invalidQuery",
        `ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type (${field.type}) is assignable to the new type (${change.type})`,
      );
    }
    const after = { ...field, type: change.type };
    await tx.run(`${column} SET DATA TYPE ${duckdbType(after)}`);
    return after;
  }
  if (change.description === undefined) return field;
  const { description: _, ...plain } = field as FieldSchema & { description?: string };
  return change.description === null
    ? plain
    : Object.assign(plain, { description: change.description });
}
