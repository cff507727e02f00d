import { and, asc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { datasets, tables } from "../../drizzle/schema/tables.ts";
import { groups, userGroups } from "../../drizzle/schema/users.ts";
import type { GroupView } from "../../shared/user.ts";
import type { Db } from "./client.ts";

export async function selectGroups(db: Db): Promise<GroupView[]> {
  return db
    .select({
      id: groups.id,
      name: groups.name,
      slackChannel: groups.slackChannel,
      memberCount: sql<number>`(
        select count(*)::int from user_groups ug where ug.group_id = groups.id)`,
      tableCount: sql<number>`count(${tables.id})::int`,
    })
    .from(groups)
    .leftJoin(tables, and(eq(tables.groupId, groups.id), isNull(tables.deletedAt)))
    .groupBy(groups.id)
    .orderBy(groups.name);
}

export async function insertGroup(db: Db, name: string): Promise<number> {
  const [row] = await db.insert(groups).values({ name }).returning({ id: groups.id });
  if (!row) throw new Error("an insert returned no row");
  return row.id;
}

export async function hasGroup(db: Db, id: number): Promise<boolean> {
  return (await db.$count(groups, eq(groups.id, id))) > 0;
}

/** Its name, with the group held until the transaction ends; null where there is none. */
export async function lockGroup(tx: Db, id: number): Promise<string | null> {
  const [row] = await tx
    .select({ name: groups.name })
    .from(groups)
    .where(eq(groups.id, id))
    .for("update");
  return row?.name ?? null;
}

export async function updateGroupName(tx: Db, id: number, name: string): Promise<void> {
  await tx.update(groups).set({ name }).where(eq(groups.id, id));
}

export async function updateGroupChannel(
  tx: Db,
  id: number,
  slackChannel: string | null,
): Promise<void> {
  await tx.update(groups).set({ slackChannel }).where(eq(groups.id, id));
}

/** `dataset.name` of each table that is a group's and not deleted. */
export async function selectTablesOfGroup(tx: Db, id: number): Promise<string[]> {
  const rows = await tx
    .select({ name: sql<string>`${datasets.name} || '.' || ${tables.name}` })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(and(eq(tables.groupId, id), isNull(tables.deletedAt)))
    .orderBy(asc(tables.id));
  return rows.map(({ name }) => name);
}

/** With its memberships; deleted tables stay, as nobody's. */
export async function deleteGroup(tx: Db, id: number): Promise<void> {
  await tx
    .update(tables)
    .set({ groupId: null })
    .where(and(eq(tables.groupId, id), isNotNull(tables.deletedAt)));
  await tx.delete(groups).where(eq(groups.id, id));
}

/** False where they were a member already. */
export async function insertMember(
  tx: Db,
  member: { groupId: number; userId: number },
): Promise<boolean> {
  const rows = await tx.insert(userGroups).values(member).onConflictDoNothing().returning();
  return rows.length > 0;
}

/** False where they were none. */
export async function deleteMember(
  tx: Db,
  { groupId, userId }: { groupId: number; userId: number },
): Promise<boolean> {
  const rows = await tx
    .delete(userGroups)
    .where(and(eq(userGroups.groupId, groupId), eq(userGroups.userId, userId)))
    .returning();
  return rows.length > 0;
}
