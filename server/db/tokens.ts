import { and, desc, eq, gt, isNull, type SQL, sql } from "drizzle-orm";
import { apiTokens, signInTokens, users } from "../../drizzle/schema/users.ts";
import type { Me, TokenScope, TokenView, UsersTokenView } from "../../shared/user.ts";
import type { Db } from "./client.ts";
import { meColumns } from "./users.ts";

export async function insertApiToken(
  db: Db,
  values: {
    userId: number;
    name: string;
    tokenSha256: Buffer;
    scopes: TokenScope[];
    expiresDays: number | null;
  },
): Promise<number> {
  const { expiresDays, ...columns } = values;
  const expiresAt =
    expiresDays === null ? null : sql`now() + make_interval(days => ${expiresDays})`;
  const [row] = await db
    .insert(apiTokens)
    .values({ ...columns, expiresAt })
    .returning({ id: apiTokens.id });
  if (!row) throw new Error("an insert returned no row");
  return row.id;
}

/** The tokens of a user that are not revoked, the newest first; also those past their end. */
export async function selectApiTokens(db: Db, userId: number): Promise<TokenView[]> {
  const rows = await selectUnrevoked(db, eq(apiTokens.userId, userId));
  return rows.map(({ userId: _, userEmail: __, ...token }) => token);
}

/** The same of everybody. */
export async function selectAllApiTokens(db: Db): Promise<UsersTokenView[]> {
  return selectUnrevoked(db, undefined);
}

async function selectUnrevoked(db: Db, condition: SQL | undefined): Promise<UsersTokenView[]> {
  const rows = await db
    .select({ token: apiTokens, userEmail: users.email })
    .from(apiTokens)
    .innerJoin(users, eq(users.id, apiTokens.userId))
    .where(and(condition, isNull(apiTokens.revokedAt)))
    .orderBy(desc(apiTokens.id));
  return rows.map(({ token, userEmail }) => ({
    id: token.id,
    userId: token.userId,
    userEmail,
    name: token.name,
    scopes: token.scopes as TokenScope[],
    createdAt: token.createdAt.toISOString(),
    expiresAt: token.expiresAt?.toISOString() ?? null,
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
  }));
}

export interface FoundToken {
  id: number;
  /** Whose it is; null where an admin has disabled them. */
  user: Me | null;
  scopes: TokenScope[];
  expiresAt: Date | null;
  expired: boolean;
  revoked: boolean;
  /** It is a minute or more since its use was last written down. */
  stale: boolean;
}

export async function findApiToken(db: Db, tokenSha256: Buffer): Promise<FoundToken | null> {
  const [row] = await db
    .select({
      id: apiTokens.id,
      me: meColumns,
      disabled: users.disabled,
      scopes: apiTokens.scopes,
      expiresAt: apiTokens.expiresAt,
      expired: sql<boolean>`coalesce(${apiTokens.expiresAt} <= now(), false)`,
      revoked: sql<boolean>`${apiTokens.revokedAt} is not null`,
      stale: sql<boolean>`coalesce(${apiTokens.lastUsedAt} < now() - interval '1 minute', true)`,
    })
    .from(apiTokens)
    .innerJoin(users, eq(users.id, apiTokens.userId))
    .where(eq(apiTokens.tokenSha256, tokenSha256));
  if (!row) return null;
  const { me, disabled, ...token } = row;
  return { ...token, user: disabled ? null : me, scopes: row.scopes as TokenScope[] };
}

export async function markApiTokenUsed(db: Db, id: number): Promise<void> {
  await db.update(apiTokens).set({ lastUsedAt: sql`now()` }).where(eq(apiTokens.id, id));
}

/** Its name and whose it was; null where there is no such token, of this user if one is named. */
export async function revokeApiToken(
  db: Db,
  id: number,
  userId: number | null,
): Promise<{ name: string; userId: number } | null> {
  const ofUser = userId === null ? undefined : eq(apiTokens.userId, userId);
  const [row] = await db
    .update(apiTokens)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiTokens.id, id), ofUser, isNull(apiTokens.revokedAt)))
    .returning({ name: apiTokens.name, userId: apiTokens.userId });
  return row ?? null;
}

/** How many there were. */
export async function revokeTokensOf(db: Db, userId: number): Promise<number> {
  const rows = await db
    .update(apiTokens)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt)))
    .returning({ id: apiTokens.id });
  return rows.length;
}

/** Stores a one-time link and forgets those that have expired. */
export async function insertSignInToken(
  db: Db,
  values: { userId: number; tokenSha256: Buffer; lifetimeSeconds: number },
): Promise<void> {
  await db.delete(signInTokens).where(sql`${signInTokens.expiresAt} <= now()`);
  await db.insert(signInTokens).values({
    userId: values.userId,
    tokenSha256: values.tokenSha256,
    expiresAt: sql`now() + make_interval(secs => ${values.lifetimeSeconds})`,
  });
}

/** The user of a one-time link, which is gone then; null where it was used or has expired. */
export async function takeSignInToken(db: Db, tokenSha256: Buffer): Promise<number | null> {
  const [row] = await db
    .delete(signInTokens)
    .where(and(eq(signInTokens.tokenSha256, tokenSha256), gt(signInTokens.expiresAt, sql`now()`)))
    .returning({ userId: signInTokens.userId });
  return row?.userId ?? null;
}
