import {
  type CompiledStatement,
  type ObjectOptions,
  type TableName,
  WarehouseError,
} from "./contract.ts";
import { createRelation } from "./create-relation.ts";
import { prepareTarget, withProperties } from "./ddl-parts.ts";
import { type TableDocument, type TimePartitioning, tableKey, tableText } from "./documents.ts";
import { checkPartitioning } from "./partitions.ts";
import { alter, copyTable } from "./run-ddl.ts";
import { createRoutine, dropRoutine } from "./run-routine-statement.ts";
import type { WarehouseTransaction } from "./transaction.ts";
import { defaultExpiry, writeTable } from "./write-table.ts";

type Statement<K extends CompiledStatement["kind"]> = Extract<CompiledStatement, { kind: K }>;
type Change = Exclude<CompiledStatement, { kind: "select" }>;

/** Runs a statement that is no SELECT; answers what BigQuery's statistics.query says of it. */
export async function runChange(
  tx: WarehouseTransaction,
  statement: Change,
  context: { relations: Map<string, string>; location: string },
): Promise<Record<string, unknown>> {
  switch (statement.kind) {
    case "createTable":
      return createTable(tx, statement, context.relations.get(tableKey(statement.target)));
    case "createView":
      return createView(tx, statement);
    case "copyTable":
      return copyTable(tx, statement, context.relations.get(tableKey(statement.target)));
    case "alter":
      return alter(tx, statement);
    case "drop":
      return drop(tx, statement);
    case "createRoutine":
      return createRoutine(tx, statement.routine, statement.mode);
    case "dropRoutine":
      return dropRoutine(tx, statement);
    case "createSchema":
      return createSchema(tx, statement, context.location);
    case "dml":
      return changeRows(tx, statement);
  }
}

async function createTable(
  tx: WarehouseTransaction,
  statement: Statement<"createTable">,
  relation: string | undefined,
): Promise<Record<string, unknown>> {
  const { target, clustering, options } = statement;
  const partitioning = partitioningWith(statement);
  const performed = prepareTarget(tx, target, statement.mode, "TABLE");
  const outcome = { ddlOperationPerformed: performed, ddlTargetTable: target };
  if (performed === "SKIP") return outcome;
  const properties = withProperties({}, options);
  if (statement.sql !== null) {
    await writeTable(tx, {
      target,
      select: statement.sql,
      schema: statement.schema,
      write: "WRITE_EMPTY",
      create: "CREATE_IF_NEEDED",
      schemaUpdateOptions: [],
      partitioning,
      clustering,
      properties,
      expiresAt: options.expiresAt ?? null,
      relation,
    });
    return outcome;
  }
  const document: TableDocument = {
    ...newDocument(tx, target),
    relation: relation ?? tx.catalog.newRelation(),
    schema: statement.schema,
    partitioning,
    clustering,
    properties,
    expiresAt: options.expiresAt ?? defaultExpiry(tx, target),
  };
  checkPartitioning(document.partitioning, clustering, document.schema);
  await createRelation(tx, document);
  tx.setTable(document);
  return outcome;
}

function partitioningWith({
  partitioning,
  options,
}: Statement<"createTable">): TimePartitioning | null {
  return partitioning && { ...partitioning, expirationMs: options.partitionExpirationMs ?? null };
}

function newDocument(tx: WarehouseTransaction, name: TableName): TableDocument {
  const now = tx.now.getTime();
  return {
    name,
    type: "TABLE",
    relation: "",
    schema: [],
    partitioning: null,
    clustering: [],
    viewQuery: null,
    properties: {},
    expiresAt: null,
    createdAt: now,
    modifiedAt: now,
  };
}

function createView(
  tx: WarehouseTransaction,
  statement: Statement<"createView">,
): Record<string, unknown> {
  const performed = prepareTarget(tx, statement.target, statement.mode, "VIEW");
  if (performed !== "SKIP") {
    const { schema, viewQuery, columnNames, options } = statement;
    tx.setTable({
      ...newDocument(tx, statement.target),
      type: "VIEW",
      ...(statement.materialized ? { special: "MATERIALIZED_VIEW" as const } : {}),
      schema,
      viewQuery,
      ...(columnNames && { columnNames }),
      properties: withProperties({}, options),
      expiresAt: options.expiresAt ?? null,
    });
  }
  return { ddlOperationPerformed: performed, ddlTargetTable: statement.target };
}

function drop(tx: WarehouseTransaction, statement: Statement<"drop">): Record<string, unknown> {
  const { target, object, ifExists } = statement;
  if (object === "SCHEMA") return dropSchema(tx, statement);
  const existing = tx.table(target);
  const outcome = (ddlOperationPerformed: string) => ({
    ddlOperationPerformed,
    ddlTargetTable: target,
  });
  if (!existing && ifExists) return outcome("SKIP");
  if (!existing) throw new WarehouseError("notFound", `Not found: Table ${tableText(target)}`);
  const isSpecial = existing.special !== undefined;
  if (existing.type !== object || isSpecial !== statement.special) {
    throw new WarehouseError(
      "invalidQuery",
      `Cannot drop ${tableText(target)}, which has type ${existing.special ?? existing.type}. An object with that name exists but is not a ${statement.special ? `${object === "TABLE" ? "SNAPSHOT" : "MATERIALIZED"} ` : ""}${object}.`,
    );
  }
  tx.removeTable(target);
  return outcome("DROP");
}

function dropSchema(
  tx: WarehouseTransaction,
  { target, ifExists }: Statement<"drop">,
): Record<string, unknown> {
  const { projectId, datasetId } = target;
  const outcome = { ddlTargetDataset: { projectId, datasetId } };
  if (!tx.dataset(projectId, datasetId)) {
    if (ifExists) return { ...outcome, ddlOperationPerformed: "SKIP" };
    tx.requireDataset(projectId, datasetId);
  }
  const { catalog } = tx;
  if (
    catalog.tables(projectId, datasetId).length + catalog.routines(projectId, datasetId).length >
    0
  ) {
    throw new WarehouseError("invalidQuery", `Dataset ${projectId}:${datasetId} is still in use`);
  }
  tx.setDataset(projectId, datasetId, null);
  return { ...outcome, ddlOperationPerformed: "DROP" };
}

function createSchema(
  tx: WarehouseTransaction,
  statement: Statement<"createSchema">,
  location: string,
): Record<string, unknown> {
  const { projectId, datasetId } = statement;
  const outcome = { ddlTargetDataset: { projectId, datasetId } };
  if (tx.dataset(projectId, datasetId)) {
    if (statement.ifNotExists) return { ...outcome, ddlOperationPerformed: "SKIP" };
    throw new WarehouseError("duplicate", `Already Exists: Dataset ${projectId}:${datasetId}`);
  }
  const now = tx.now.getTime();
  tx.setDataset(projectId, datasetId, {
    projectId,
    datasetId,
    location: String(statement.options.properties["location"] ?? location),
    properties: withProperties({}, withoutLocation(statement.options)),
    createdAt: now,
    modifiedAt: now,
  });
  return { ...outcome, ddlOperationPerformed: "CREATE" };
}

function withoutLocation({
  properties: { location: _, ...properties },
}: ObjectOptions): ObjectOptions {
  return { properties };
}

async function changeRows(
  tx: WarehouseTransaction,
  statement: Statement<"dml">,
): Promise<Record<string, unknown>> {
  const table = tx.requireTable(statement.target);
  await tx.beforeChange(table, statement.statementType === "INSERT" ? "adds" : "changes");
  const { rowsChanged } = await tx.run(statement.sql);
  tx.setTable({ ...table, modifiedAt: tx.now.getTime() });
  const rows = String(rowsChanged);
  const counts: Record<string, unknown> = {
    INSERT: { insertedRowCount: rows },
    UPDATE: { updatedRowCount: rows },
    DELETE: { deletedRowCount: rows },
    TRUNCATE_TABLE: { deletedRowCount: rows },
  };
  const dmlStats = counts[statement.statementType];
  return { numDmlAffectedRows: rows, ...(dmlStats ? { dmlStats } : {}) };
}
