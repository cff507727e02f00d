import type { FieldSchema } from "../../../shared/table.ts";
import { type DefaultOf, hasDefault, refuseDefaults } from "./check-defaults.ts";
import { measureDigits, widen } from "./column-digits.ts";
import { partitionTimeColumn, type TableName, WarehouseError } from "./contract.ts";
import { addColumnTo, relationDefinition } from "./create-relation.ts";
import {
  checkTableId,
  type StoredDigits,
  type TableDocument,
  type TimePartitioning,
  tableText,
} from "./documents.ts";
import { quoteName, quoteText } from "./field-types.ts";
import { type MergedSchema, mergeSchema } from "./merge-schema.ts";
import {
  checkPartitioning,
  ingestionTime,
  partitionCondition,
  partitioningText,
  samePartitioning,
  splitDecorator,
} from "./partitions.ts";
import type { WarehouseTransaction } from "./transaction.ts";

export type WriteDisposition = "WRITE_TRUNCATE" | "WRITE_APPEND" | "WRITE_EMPTY";

/** Rows for a table, with the dispositions of BigQuery's query and load jobs. */
export interface TableWrite {
  /** May end in a partition decorator. */
  target: TableName;
  /** One DuckDB SELECT, whose columns are those of `schema`, in its order. */
  select: string;
  schema: FieldSchema[];
  write: WriteDisposition;
  create: "CREATE_IF_NEEDED" | "CREATE_NEVER";
  schemaUpdateOptions: string[];
  /** As the job names them; null where it does not. */
  partitioning: TimePartitioning | null;
  clustering: string[] | null;
  properties: Record<string, unknown>;
  expiresAt: number | null;
  /** Columns of `select` that are narrower decimals than their type: a new table stores them so. */
  decimals?: StoredDigits[] | undefined;
  /** What columns have that these rows come without. Where it is absent, such columns are refused. */
  defaultOf?: DefaultOf;
  /** Where a new table's rows go, if that was decided before. */
  relation?: string | undefined;
}

/** Answers the rows written. The document is staged in the transaction. */
export async function writeTable(tx: WarehouseTransaction, write: TableWrite): Promise<number> {
  const { tableId, partition } = splitDecorator(write.target.tableId);
  const target = { ...write.target, tableId };
  const existing = tx.table(target);
  if (existing?.type === "VIEW") {
    throw new WarehouseError(
      "invalid",
      `${tableText(target)} is not allowed for this operation because it is currently a VIEW`,
    );
  }
  if (existing?.special === "SNAPSHOT") {
    throw new WarehouseError(
      "invalid",
      `${tableText(target)} is not allowed for this operation because it is currently a SNAPSHOT`,
    );
  }
  if (!existing) {
    checkTableId(tableId);
    tx.requireDataset(target.projectId, target.datasetId);
    if (write.create === "CREATE_NEVER") {
      throw new WarehouseError("notFound", `Not found: Table ${tableText(target)}`);
    }
    return createAndFill(tx, target, write, partition, null);
  }
  checkSamePartitioning(existing, write);
  if (write.write === "WRITE_EMPTY" && (await hasRows(tx, existing))) {
    throw new WarehouseError("duplicate", `Already Exists: Table ${tableText(target)}`);
  }
  const replaces = write.write === "WRITE_TRUNCATE" && partition === null;
  if (replaces) refuseDefaults(target, existing.schema, "a job that replaces");
  // A table that was made without a schema takes that of its first rows.
  if (replaces || existing.schema.length === 0) {
    return createAndFill(tx, target, write, partition, existing);
  }
  return append(tx, existing, write, partition);
}

function checkSamePartitioning(existing: TableDocument, write: TableWrite): void {
  if (!write.partitioning || samePartitioning(existing.partitioning, write.partitioning)) return;
  throw new WarehouseError(
    "invalid",
    `Incompatible table partitioning specification. Expects partitioning specification ${partitioningText(existing.partitioning)}, but input partitioning specification is ${partitioningText(write.partitioning)}`,
  );
}

async function hasRows(tx: WarehouseTransaction, table: TableDocument): Promise<boolean> {
  const result = await tx.run(`SELECT 1 FROM ${table.relation} LIMIT 1`);
  return result.rowCount > 0;
}

async function createAndFill(
  tx: WarehouseTransaction,
  name: TableName,
  write: TableWrite,
  partition: string | null,
  replaced: TableDocument | null,
): Promise<number> {
  const now = tx.now.getTime();
  const document: TableDocument = {
    name,
    type: "TABLE",
    relation: write.relation ?? tx.catalog.newRelation(),
    schema: write.schema,
    partitioning: write.partitioning ?? replaced?.partitioning ?? null,
    clustering: write.clustering ?? replaced?.clustering ?? [],
    viewQuery: null,
    properties: { ...replaced?.properties, ...write.properties },
    expiresAt: write.expiresAt ?? replaced?.expiresAt ?? defaultExpiry(tx, name),
    createdAt: replaced?.createdAt ?? now,
    modifiedAt: now,
    ...(write.decimals && { digits: write.decimals }),
  };
  checkPartitioning(document.partitioning, document.clustering, document.schema);
  if (partition !== null && !document.partitioning) {
    throw new WarehouseError(
      "invalid",
      `Cannot write to partition ${partition}: ${tableText(name)} is not partitioned`,
    );
  }
  const insert = insertion(tx, document, write, partition);
  // One call for both: it costs more than such a statement.
  const { rowsChanged: rows } = await tx.run(`${relationDefinition(document)}; ${insert}`);
  if (document.digits) document.digits = await measureDigits(tx, document, document.digits);
  tx.setTable(document);
  return rows;
}

/** A dataset's default for the tables made in it. */
export function defaultExpiry(tx: WarehouseTransaction, name: TableName): number | null {
  const dataset = tx.dataset(name.projectId, name.datasetId);
  const lifeMs = Number(dataset?.properties["defaultTableExpirationMs"] ?? 0);
  return lifeMs > 0 ? tx.now.getTime() + lifeMs : null;
}

async function append(
  tx: WarehouseTransaction,
  table: TableDocument,
  write: TableWrite,
  partition: string | null,
): Promise<number> {
  const existing = await widen(tx, table);
  const removes = partition !== null && write.write === "WRITE_TRUNCATE";
  await tx.beforeChange(existing, removes ? "changes" : "adds");
  const written = namesOf(write.schema);
  const others = existing.schema.filter((field) => !written.has(field.name.toLowerCase()));
  if (!write.defaultOf) {
    refuseDefaults(existing.name, others, "a copy that adds rows without it to");
  }
  const merged = mergeSchema(
    existing.name,
    existing.schema,
    write.schema,
    write.schemaUpdateOptions,
  );
  await alterRelation(tx, existing.relation, merged);
  const document = { ...existing, schema: merged.schema, modifiedAt: tx.now.getTime() };
  if (partition !== null && !existing.partitioning) {
    throw new WarehouseError(
      "invalid",
      `Cannot write to partition ${partition}: ${tableText(existing.name)} is not partitioned`,
    );
  }
  let { select } = write;
  if (partition !== null && existing.partitioning && write.write === "WRITE_TRUNCATE") {
    select = await readBefore(tx, select, existing.relation);
    const condition = partitionCondition(existing.partitioning, partition);
    await tx.run(`DELETE FROM ${existing.relation} WHERE ${condition}`);
  }
  const insert = insertion(tx, document, { ...write, select }, partition);
  const { rowsChanged } = await tx.run(insert);
  tx.setTable(document);
  return rowsChanged;
}

/** A partition may be made from what it has: its rows are read before they go. */
async function readBefore(
  tx: WarehouseTransaction,
  select: string,
  relation: string,
): Promise<string> {
  if (!select.includes(relation)) return select;
  await tx.run("DROP TABLE IF EXISTS partition_rows");
  await tx.run(`CREATE TEMP TABLE partition_rows AS ${select}`);
  return "SELECT * FROM partition_rows";
}

export async function alterRelation(
  tx: WarehouseTransaction,
  relation: string,
  merged: MergedSchema,
): Promise<void> {
  for (const field of merged.added) {
    await addColumnTo(tx, relation, field);
  }
  for (const field of merged.relaxed) {
    await tx.run(`ALTER TABLE ${relation} ALTER COLUMN ${quoteName(field.name)} DROP NOT NULL`);
  }
}

function namesOf(schema: FieldSchema[]): Set<string> {
  return new Set(schema.map((field) => field.name.toLowerCase()));
}

const emptyOf = ({ mode }: FieldSchema) => (mode === "REPEATED" ? "[]" : undefined);

/** BigQuery stores no NULL arrays; a partition takes only its own rows. */
function insertion(
  tx: WarehouseTransaction,
  document: TableDocument,
  write: TableWrite,
  partition: string | null,
): string {
  const { partitioning } = document;
  const guarded = partition !== null && partitioning?.field ? partitioning.field : null;
  const values = write.schema.map((field) => {
    const column = quoteName(field.name);
    if (field.mode === "REPEATED") return `coalesce(${column}, [])`;
    if (guarded?.toLowerCase() !== field.name.toLowerCase() || !partitioning) return column;
    const message = `Some rows belong to different partitions rather than destination partition ${partition}`;
    const belongs = partitionCondition(partitioning, partition ?? "");
    return `CASE WHEN ${belongs} THEN ${column} ELSE error(${quoteText(message)}) END`;
  });
  const names = write.schema.map((field) => quoteName(field.name));
  const into = [...names];
  const written = namesOf(write.schema);
  for (const field of document.schema) {
    if (written.has(field.name.toLowerCase())) continue;
    const value = hasDefault(field) ? write.defaultOf?.(field) : emptyOf(field);
    if (value === undefined) continue;
    into.push(quoteName(field.name));
    values.push(value);
  }
  if (partitioning && partitioning.field === null) {
    into.push(quoteName(partitionTimeColumn));
    values.push(ingestionTime(partitioning, partition, tx.now));
  }
  return `INSERT INTO ${document.relation} (${into.join(", ")}) SELECT ${values.join(", ")} FROM (${write.select}) AS q(${names.join(", ")})`;
}
