import { and, eq, ne, notInArray, type SQLWrapper, sql } from "drizzle-orm";
import { users } from "../../drizzle/schema/users.ts";
import type { Me, UserState, UserView } from "../../shared/user.ts";
import type { Db } from "./client.ts";
import { locks } from "./locks.ts";

/**
 * A user's groups as a JSON array, in the order of their names. Written out by hand: within a select
 * of one table Drizzle leaves table names away, and the inner `id` would be the wrong one.
 */
const groupsOf = sql<{ id: number; name: string }[]>`coalesce((
  select json_agg(json_build_object('id', g.id, 'name', g.name) order by g.name)
  from user_groups ug join groups g on g.id = ug.group_id
  where ug.user_id = users.id), '[]')`;

export const meColumns = {
  id: users.id,
  email: users.email,
  name: users.name,
  isAdmin: users.isAdmin,
  groups: groupsOf,
};

const state = sql<UserState>`case
  when not users.disabled then 'enabled'
  when users.disabled_at is null then 'waiting'
  else 'disabled' end`;

/** A user who may sign in; null where there is none or an admin has disabled them. */
export async function selectMe(db: Db, id: number): Promise<Me | null> {
  const [row] = await db
    .select(meColumns)
    .from(users)
    .where(and(eq(users.id, id), eq(users.disabled, false)));
  return row ?? null;
}

/**
 * Whom a session is of, also a disabled user; null where it was signed out of, was ended, or is from
 * before its user was disabled: enabled again, they sign in anew. `stale`: it is a minute or more
 * since they were last written down as seen.
 */
export async function selectSessionUser(
  db: Db,
  session: { userId: number; sessionId: string; issuedAt: Date },
): Promise<{ me: Me; state: UserState; stale: boolean } | null> {
  // Cookies know whole seconds: one of the very second of the disabling outlives it.
  const before = sql`${session.issuedAt.toISOString()}::timestamptz + interval '1 second'`;
  const ended = sql<boolean>`exists (
    select from ended_sessions e where e.session_id = ${session.sessionId})
    or coalesce(${users.sessionsEndedAt} >= ${before}, false)
    or not ${users.disabled} and coalesce(${users.disabledAt} >= ${before}, false)`;
  const stale = sql<boolean>`coalesce(${users.lastSeenAt} < now() - interval '1 minute', true)`;
  const [row] = await db
    .select({ ...meColumns, state, ended, stale })
    .from(users)
    .where(eq(users.id, session.userId));
  if (!row || row.ended) return null;
  const { state: found, ended: _, stale: isStale, ...me } = row;
  return { me, state: found, stale: isStale };
}

const tokenCount = sql<number>`(
  select count(*)::int from api_tokens a
  where a.user_id = users.id and a.revoked_at is null
    and (a.expires_at is null or a.expires_at > now()))`;

/** Who waits first, then by e-mail address. */
export async function selectUsers(db: Db): Promise<UserView[]> {
  const { createdAt, lastSeenAt } = users;
  const rows = await db
    .select({ ...meColumns, state, tokenCount, createdAt, lastSeenAt })
    .from(users)
    .orderBy(sql`${state} <> 'waiting'`, sql`lower(${users.email})`);
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
  }));
}

/** Lets one transaction at a time change who is an enabled admin. */
export async function lockAdmins(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${locks.firstUser})`);
}

/** One user as they are, held until the transaction ends. */
export async function lockUser(tx: Db, id: number) {
  const [row] = await tx
    .select({
      email: users.email,
      isAdmin: users.isAdmin,
      disabled: users.disabled,
      disabledAt: users.disabledAt,
    })
    .from(users)
    .where(eq(users.id, id))
    .for("update");
  return row ?? null;
}

/** How many enabled admins there are beside this one, and beside those with these addresses. */
export async function countOtherAdmins(
  tx: Db,
  id: number,
  except: readonly string[] = [],
): Promise<number> {
  const isOther = and(ne(users.id, id), notInArray(users.email, [...except]));
  return tx.$count(users, and(eq(users.isAdmin, true), eq(users.disabled, false), isOther));
}

/**
 * `disabledAt` tells from then on that they do not wait. Who was disabled and is enabled again may be
 * another person with the same address: whoever signs in next.
 */
export async function updateUser(
  tx: Db,
  id: number,
  change: { disabled: boolean } | { isAdmin: boolean },
): Promise<void> {
  await tx
    .update(users)
    .set({ ...change, ...("disabled" in change ? besideState(change.disabled) : {}) })
    .where(eq(users.id, id));
}

function besideState(disabled: boolean) {
  if (disabled) return { disabledAt: sql`now()` };
  const kept = (column: SQLWrapper) =>
    sql`case when ${users.disabledAt} is null then ${column} end`;
  return { oauthIssuer: kept(users.oauthIssuer), oauthSubject: kept(users.oauthSubject) };
}

/** Ends the sessions of everybody whose address is of none of these domains. */
export async function endSessionsOutside(
  tx: Db,
  domains: readonly string[],
  except: readonly string[],
): Promise<{ id: number; email: string }[]> {
  const domain = sql`lower(substring(${users.email} from '[^@]*$'))`;
  return tx
    .update(users)
    .set({ sessionsEndedAt: sql`now()` })
    .where(and(notInArray(domain, [...domains]), notInArray(users.email, [...except])))
    .returning({ id: users.id, email: users.email });
}

export async function markSeen(db: Db, userId: number): Promise<void> {
  await db.update(users).set({ lastSeenAt: sql`now()` }).where(eq(users.id, userId));
}

export async function selectEmail(db: Db, id: number): Promise<string | null> {
  const [row] = await db.select({ email: users.email }).from(users).where(eq(users.id, id));
  return row?.email ?? null;
}
