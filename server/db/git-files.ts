import { and, eq, gt, isNotNull, isNull, sql } from "drizzle-orm";
import { datasets, gitFiles, tables, tableVersions } from "../../drizzle/schema/tables.ts";
import type { Db } from "./client.ts";

export type GitFileRow = typeof gitFiles.$inferSelect;

/** By table. */
export async function selectGitFiles(db: Db, remote: string): Promise<Map<number, GitFileRow>> {
  const rows = await db.select().from(gitFiles).where(eq(gitFiles.remote, remote));
  return new Map(rows.map((row) => [row.tableId, row]));
}

/** Where a table's files are in the branch; null where it has none. */
export async function selectGitFile(
  db: Db,
  remote: string,
  tableId: number,
): Promise<GitFileRow | null> {
  const of = and(eq(gitFiles.remote, remote), eq(gitFiles.tableId, tableId));
  const [row] = await db
    .select()
    .from(gitFiles)
    .where(and(of, gt(gitFiles.version, 0)));
  return row ?? null;
}

/** Both sides say the same now, in this version. */
export async function agreeOn(
  tx: Db,
  row: Omit<GitFileRow, "conflictVersion">,
  commit: string | null,
): Promise<void> {
  const values = { ...row, conflictVersion: null };
  await tx
    .insert(gitFiles)
    .values(values)
    .onConflictDoUpdate({
      target: [gitFiles.remote, gitFiles.tableId],
      set: values,
      // A later agreement stands.
      setWhere: sql`${gitFiles.version} <= ${row.version}`,
    });
  if (commit === null) return;
  await tx
    .update(tableVersions)
    .set({ commitSha: commit, commitFault: null })
    .where(and(eq(tableVersions.tableId, row.tableId), eq(tableVersions.version, row.version)));
}

/** A table was changed on both sides. */
export async function recordConflict(
  tx: Db,
  { remote, tableId, path, version }: Pick<GitFileRow, "remote" | "tableId" | "path" | "version">,
): Promise<void> {
  await tx
    .insert(gitFiles)
    .values({ remote, tableId, path, version: 0, conflictVersion: version })
    .onConflictDoUpdate({
      target: [gitFiles.remote, gitFiles.tableId],
      set: { conflictVersion: version },
    });
}

/** A row that was for a conflict alone is forgotten. */
export async function clearConflict(
  tx: Db,
  { remote, tableId, version }: Pick<GitFileRow, "remote" | "tableId" | "version">,
): Promise<void> {
  if (version === 0) return forgetGitFile(tx, remote, tableId);
  await tx
    .update(gitFiles)
    .set({ conflictVersion: null })
    .where(and(eq(gitFiles.remote, remote), eq(gitFiles.tableId, tableId)));
}

export async function forgetGitFile(tx: Db, remote: string, tableId: number): Promise<void> {
  await tx.delete(gitFiles).where(and(eq(gitFiles.remote, remote), eq(gitFiles.tableId, tableId)));
}

/** `dataset.name` of tables that were changed on both sides. */
export async function selectConflicts(db: Db, remote: string): Promise<string[]> {
  const rows = await db
    .select({ name: sql<string>`${datasets.name} || '.' || ${tables.name}` })
    .from(gitFiles)
    .innerJoin(tables, eq(tables.id, gitFiles.tableId))
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(and(eq(gitFiles.remote, remote), isNotNull(gitFiles.conflictVersion)))
    .orderBy(datasets.name, tables.name);
  return rows.map(({ name }) => name);
}

/**
 * Has every table told that the repository does not have as it is, and of which nothing is told yet, nor
 * was refused: all of them when a repository is new. How many.
 */
export async function tellMissing(db: Db, remote: string): Promise<number> {
  const { rowCount } = await db.execute(sql`
    insert into outbox (topic, payload)
    select 'git', jsonb_build_object(
      'kind', 'save', 'tableId', t.id, 'version', t.version, 'isFirst', true)
    from tables t
    where t.deleted_at is null
      and not exists (
        select from git_files f
        where f.remote = ${remote} and f.table_id = t.id
          and greatest(f.version, f.conflict_version) >= t.version)
      and not exists (
        select from outbox o
        where o.topic = 'git' and o.delivered_at is null
          and (o.given_up_at is null or o.payload->>'refusedBy' = ${remote})
          and o.payload->>'kind' = 'save' and (o.payload->>'tableId')::bigint = t.id
          and (o.payload->>'version')::int >= t.version)
    order by t.id`);
  return rowCount ?? 0;
}

/** The commit of a version of a table; null where none is known. */
export async function selectCommitOf(
  db: Db,
  { tableId, version }: Pick<GitFileRow, "tableId" | "version">,
): Promise<string | null> {
  const [row] = await db
    .select({ sha: tableVersions.commitSha })
    .from(tableVersions)
    .where(and(eq(tableVersions.tableId, tableId), eq(tableVersions.version, version)));
  return row?.sha ?? null;
}

/** Whether the table of that id is in the catalog still, and in which version. */
export async function selectLiveVersion(db: Db, tableId: number): Promise<number | null> {
  const [row] = await db
    .select({ version: tables.version })
    .from(tables)
    .where(and(eq(tables.id, tableId), isNull(tables.deletedAt)));
  return row?.version ?? null;
}
