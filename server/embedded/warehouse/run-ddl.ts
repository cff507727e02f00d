import { addColumn, changeColumn, dropColumn, renameColumn } from "./alter-columns.ts";
import { widen } from "./column-digits.ts";
import {
  type CompiledStatement,
  type TableChange,
  type TableConstraints,
  WarehouseError,
} from "./contract.ts";
import { createRelation } from "./create-relation.ts";
import { prepareTarget, withProperties } from "./ddl-parts.ts";
import { checkTableId, type TableDocument, tableText } from "./documents.ts";
import { formerTable } from "./history.ts";
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
  const source = sourceOf(tx, statement);
  const performed = prepareTarget(tx, target, statement.mode, "TABLE");
  const outcome = { ddlOperationPerformed: performed, ddlTargetTable: target };
  if (performed === "SKIP") return outcome;
  checkTableId(target.tableId);
  const now = tx.now.getTime();
  const { special: _, base: __, isRewritten: ___, ...plain } = source;
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

function sourceOf(
  tx: WarehouseTransaction,
  { source, asOf }: Statement<"copyTable">,
): TableDocument {
  if (asOf === null) return tx.requireTable(source);
  const version = tx.versionAt(source, asOf);
  if (version) return formerTable(version);
  throw new WarehouseError(
    "invalidQuery",
    `Invalid snapshot time ${asOf} for table ${tableText(source)}.`,
  );
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
  await tx.beforeChange(document, isInPlace ? "changes" : "adds");
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
