import { and, eq, isNull, sql } from "drizzle-orm";
import { tables } from "../../drizzle/schema/tables.ts";
import { groups, users } from "../../drizzle/schema/users.ts";
import type { GroupView, Me, UserView } from "../../shared/user.ts";
import type { Db } from "./client.ts";

/**
 * A user's groups as a JSON array, in the order of their names. Written out by hand: within a select
 * of one table Drizzle leaves table names away, and the inner `id` would be the wrong one.
 */
const groupsOf = sql<{ id: number; name: string }[]>`coalesce((
  select json_agg(json_build_object('id', g.id, 'name', g.name) order by g.name)
  from user_groups ug join groups g on g.id = ug.group_id
  where ug.user_id = users.id), '[]')`;

const meColumns = {
  id: users.id,
  email: users.email,
  name: users.name,
  isAdmin: users.isAdmin,
  groups: groupsOf,
};

/** A user who may sign in; null where there is none or an admin has disabled them. */
export async function selectMe(db: Db, id: number): Promise<Me | null> {
  const [row] = await db
    .select(meColumns)
    .from(users)
    .where(and(eq(users.id, id), eq(users.disabled, false)));
  return row ?? null;
}

export async function selectUsers(db: Db): Promise<UserView[]> {
  const rows = await db
    .select({ ...meColumns, disabled: users.disabled, lastSeenAt: users.lastSeenAt })
    .from(users)
    .orderBy(users.email);
  return rows.map((row) => ({ ...row, lastSeenAt: row.lastSeenAt?.toISOString() ?? null }));
}

export async function selectGroups(db: Db): Promise<GroupView[]> {
  return db
    .select({
      id: groups.id,
      name: groups.name,
      memberCount: sql<number>`(
        select count(*)::int from user_groups ug where ug.group_id = groups.id)`,
      tableCount: sql<number>`count(${tables.id})::int`,
    })
    .from(groups)
    .leftJoin(tables, and(eq(tables.groupId, groups.id), isNull(tables.deletedAt)))
    .groupBy(groups.id)
    .orderBy(groups.name);
}

export async function markSeen(db: Db, userId: number): Promise<void> {
  await db.update(users).set({ lastSeenAt: sql`now()` }).where(eq(users.id, userId));
}
