import { and, desc, eq, gt, isNull, sql } from "drizzle-orm";
import { apiTokens, signInTokens } from "../../drizzle/schema/users.ts";
import type { TokenScope, TokenView } from "../../shared/user.ts";
import type { Db } from "./client.ts";

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

/** The live tokens of a user, the newest first; expired ones are shown until they are revoked. */
export async function selectApiTokens(db: Db, userId: number): Promise<TokenView[]> {
  const rows = await db
    .select()
    .from(apiTokens)
    .where(and(eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt)))
    .orderBy(desc(apiTokens.id));
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    scopes: row.scopes as TokenScope[],
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  }));
}

export interface FoundToken {
  id: number;
  userId: number;
  scopes: TokenScope[];
  expired: boolean;
  revoked: boolean;
  /** It is a minute or more since its use was last written down. */
  stale: boolean;
}

export async function findApiToken(db: Db, tokenSha256: Buffer): Promise<FoundToken | null> {
  const [row] = await db
    .select({
      id: apiTokens.id,
      userId: apiTokens.userId,
      scopes: apiTokens.scopes,
      expired: sql<boolean>`coalesce(${apiTokens.expiresAt} <= now(), false)`,
      revoked: sql<boolean>`${apiTokens.revokedAt} is not null`,
      stale: sql<boolean>`coalesce(${apiTokens.lastUsedAt} < now() - interval '1 minute', true)`,
    })
    .from(apiTokens)
    .where(eq(apiTokens.tokenSha256, tokenSha256));
  return row ? { ...row, scopes: row.scopes as TokenScope[] } : null;
}

export async function markApiTokenUsed(db: Db, id: number): Promise<void> {
  await db.update(apiTokens).set({ lastUsedAt: sql`now()` }).where(eq(apiTokens.id, id));
}

/** False where the user has no such live token. */
export async function revokeApiToken(db: Db, id: number, userId: number): Promise<boolean> {
  const rows = await db
    .update(apiTokens)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiTokens.id, id), eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt)))
    .returning({ id: apiTokens.id });
  return rows.length > 0;
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
