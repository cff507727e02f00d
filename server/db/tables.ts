import { and, desc, eq, isNull, sql } from "drizzle-orm";
import { datasets, tables, tableVersions } from "../../drizzle/schema/tables.ts";
import { users } from "../../drizzle/schema/users.ts";
import type {
  DatasetView,
  TableDefinition,
  TableKind,
  TableVersionView,
} from "../../shared/table.ts";
import type { Db } from "./client.ts";

export type TableRow = typeof tables.$inferSelect;

/** A table that is not deleted, with the name of its dataset. */
export async function selectTable(
  db: Db,
  id: number,
): Promise<{ row: TableRow; dataset: string } | null> {
  const [found] = await db
    .select({ row: tables, dataset: datasets.name })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(and(eq(tables.id, id), isNull(tables.deletedAt)));
  return found ?? null;
}

export async function selectTableId(db: Db, dataset: string, name: string): Promise<number | null> {
  const [found] = await db
    .select({ id: tables.id })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(and(eq(datasets.name, dataset), eq(tables.name, name), isNull(tables.deletedAt)));
  return found?.id ?? null;
}

/** What a user decided about a table, from its row. */
export function definitionOf(row: TableRow, dataset: string): TableDefinition {
  return {
    dataset,
    name: row.name,
    kind: row.kind,
    query: row.query,
    legacySql: row.legacySql,
    disposition: row.disposition,
    partitioning: row.partitioning,
    clustering: row.clustering,
    description: row.description,
    groupId: row.groupId,
    frequencyId: row.frequencyId,
    conditions: row.conditions,
    extract: row.extract,
    extractFormat: row.extractFormat,
    importDatabaseId: row.importDatabaseId,
    importTable: row.importTable,
    idColumn: row.idColumn,
    reimportConditions: row.reimportConditions,
    exportDatabaseId: row.exportDatabaseId,
    exportTable: row.exportTable,
    exportMode: row.exportMode,
    exportKeys: row.exportKeys,
    sheet: row.sheet,
    sheetReaders: row.sheetReaders,
    notifyUrls: row.notifyUrls,
    externalTimeoutSeconds: row.externalTimeoutSeconds,
    externalFormat: row.externalFormat,
    costCapBytes: row.costCapBytes,
    retries: row.retries,
    extraParents: row.extraParents,
    ignoredParents: row.ignoredParents,
  };
}

/** Every dataset exists once it has a table; two saves may make it at once. */
export async function ensureDatasetRow(db: Db, name: string): Promise<number> {
  const select = () => db.select({ id: datasets.id }).from(datasets).where(eq(datasets.name, name));
  const [existing] = await select();
  if (existing) return existing.id;
  await db.insert(datasets).values({ name }).onConflictDoNothing();
  const [made] = await select();
  if (!made) throw new Error(`the dataset ${name} was removed while it was made`);
  return made.id;
}

interface TableWrite {
  definition: TableDefinition;
  datasetId: number;
  warnings: string[];
}

function columnsOf({ definition, datasetId, warnings }: TableWrite) {
  const { dataset: _, ...columns } = definition;
  return { ...columns, datasetId, warnings };
}

export async function insertTable(
  db: Db,
  write: TableWrite & { ownerId: number | null },
): Promise<number> {
  const [row] = await db
    .insert(tables)
    .values({ ...columnsOf(write), ownerId: write.ownerId })
    .returning({ id: tables.id });
  if (!row) throw new Error("an insert returned no row");
  return row.id;
}

/** The new version, or null where the table is no longer at `version` (or is gone). */
export async function updateTableRow(
  db: Db,
  id: number,
  version: number,
  write: TableWrite & { forgetWatermark: boolean },
): Promise<number | null> {
  const [row] = await db
    .update(tables)
    .set({
      ...columnsOf(write),
      ...(write.forgetWatermark ? noWatermark : {}),
      version: version + 1,
      updatedAt: sql`now()`,
    })
    .where(and(eq(tables.id, id), eq(tables.version, version), isNull(tables.deletedAt)))
    .returning({ version: tables.version });
  return row?.version ?? null;
}

/** What has the next import take all rows and replace what is there. */
const noWatermark = {
  lastId: null,
  lastIdPlace: null,
  importedAt: null,
  watermarkResets: sql`${tables.watermarkResets} + 1`,
};

/** Call it in the transaction that records why. */
export async function forgetWatermark(tx: Db, tableId: number): Promise<void> {
  await tx.update(tables).set(noWatermark).where(eq(tables.id, tableId));
}

/** Of all tables that are imported from the database. */
export async function forgetWatermarksOf(tx: Db, importDatabaseId: number): Promise<void> {
  const imports = await tx
    .select({ id: tables.id })
    .from(tables)
    .where(eq(tables.importDatabaseId, importDatabaseId));
  await forgetWatermarks(
    tx,
    imports.map(({ id }) => id),
  );
}

/** In the order of their ids, so that no two who lock several wait for each other. */
export async function forgetWatermarks(tx: Db, tableIds: number[]): Promise<void> {
  for (const id of tableIds.toSorted((a, b) => a - b)) await forgetWatermark(tx, id);
}

/** False where it was gone already. */
export async function markTableDeleted(db: Db, id: number): Promise<boolean> {
  const rows = await db
    .update(tables)
    .set({ deletedAt: sql`now()` })
    .where(and(eq(tables.id, id), isNull(tables.deletedAt)))
    .returning({ id: tables.id });
  return rows.length > 0;
}

export async function insertTableVersion(
  db: Db,
  values: typeof tableVersions.$inferInsert,
): Promise<void> {
  await db.insert(tableVersions).values(values);
}

/** The newest first. */
export async function selectTableVersions(
  db: Db,
  tableId: number,
): Promise<(Omit<TableVersionView, "commit"> & { commitSha: string | null })[]> {
  const rows = await db
    .select({
      version: tableVersions.version,
      savedAt: tableVersions.savedAt,
      savedBy: users.email,
      definition: tableVersions.definition,
      commitSha: tableVersions.commitSha,
      commitFault: tableVersions.commitFault,
    })
    .from(tableVersions)
    .leftJoin(users, eq(users.id, tableVersions.savedBy))
    .where(eq(tableVersions.tableId, tableId))
    .orderBy(desc(tableVersions.version));
  return rows.map((row) => ({ ...row, savedAt: row.savedAt.toISOString() }));
}

export async function selectDatasets(db: Db): Promise<DatasetView[]> {
  return db
    .select({
      id: datasets.id,
      name: datasets.name,
      tableCount: sql<number>`count(${tables.id})::int`,
    })
    .from(datasets)
    .leftJoin(tables, and(eq(tables.datasetId, datasets.id), isNull(tables.deletedAt)))
    .groupBy(datasets.id)
    .orderBy(datasets.name);
}

export async function countTablesByKind(db: Db): Promise<Record<TableKind, number>> {
  const rows = await db
    .select({ kind: tables.kind, count: sql<number>`count(*)::int` })
    .from(tables)
    .where(isNull(tables.deletedAt))
    .groupBy(tables.kind);
  const counts = { summary: 0, import: 0, external: 0 };
  for (const { kind, count } of rows) counts[kind] = count;
  return counts;
}
