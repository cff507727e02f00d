import { asc, eq } from "drizzle-orm";
import { tableReferences } from "../../drizzle/schema/tables.ts";
import type { ReferenceSource } from "../../shared/table.ts";
import type { Db } from "./client.ts";

/** One name that a table reads, split for matching. `dataset` is null where it is not our project's. */
export interface StoredReference {
  source: string;
  dataset: string | null;
  name: string;
  isWildcard: boolean;
  foundBy: ReferenceSource[];
  ignored: boolean;
}

export async function replaceReferences(
  db: Db,
  tableId: number,
  references: StoredReference[],
): Promise<void> {
  await db.delete(tableReferences).where(eq(tableReferences.tableId, tableId));
  if (references.length === 0) return;
  await db
    .insert(tableReferences)
    .values(references.map((reference) => ({ tableId, ...reference })));
}

export async function selectReferences(db: Db, tableId: number): Promise<StoredReference[]> {
  const rows = await db
    .select()
    .from(tableReferences)
    .where(eq(tableReferences.tableId, tableId))
    .orderBy(asc(tableReferences.source));
  return rows.map(({ tableId: _, foundBy, ...row }) => ({
    ...row,
    foundBy: foundBy as ReferenceSource[],
  }));
}
