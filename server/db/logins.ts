import { and, eq, gt, sql } from "drizzle-orm";
import { loginRequests, users } from "../../drizzle/schema/users.ts";
import type { Me } from "../../shared/user.ts";
import type { Db } from "./client.ts";

const isOpen = gt(loginRequests.expiresAt, sql`now()`);

/** Stores a login and forgets those that have expired. False where `most` wait already. */
export async function insertLogin(
  db: Db,
  login: { code: string; secretSha256: Buffer; machine: string },
  { lifetimeSeconds, most }: { lifetimeSeconds: number; most: number },
): Promise<boolean> {
  await db.delete(loginRequests).where(sql`${loginRequests.expiresAt} <= now()`);
  if ((await db.$count(loginRequests)) >= most) return false;
  const expiresAt = sql`now() + make_interval(secs => ${lifetimeSeconds})`;
  await db.insert(loginRequests).values({ ...login, expiresAt });
  return true;
}

export async function selectLogin(
  db: Db,
  code: string,
): Promise<{ machine: string; approvedBy: number | null } | null> {
  const [row] = await db
    .select({ machine: loginRequests.machine, approvedBy: loginRequests.approvedBy })
    .from(loginRequests)
    .where(and(eq(loginRequests.code, code), isOpen));
  return row ?? null;
}

/** Its machine; null where it was approved, claimed or has expired. */
export async function approveLoginRow(
  tx: Db,
  code: string,
  userId: number,
): Promise<{ machine: string } | null> {
  const [row] = await tx
    .update(loginRequests)
    .set({ approvedBy: userId })
    .where(and(eq(loginRequests.code, code), isOpen, sql`${loginRequests.approvedBy} is null`))
    .returning({ machine: loginRequests.machine });
  return row ?? null;
}

/** An approved login, which is gone then; `waiting` where nobody has approved it; null where there is none. */
export async function takeLogin(
  tx: Db,
  secretSha256: Buffer,
): Promise<{ machine: string; user: Pick<Me, "id" | "email" | "isAdmin"> } | "waiting" | null> {
  const [row] = await tx
    .select({ machine: loginRequests.machine, approvedBy: loginRequests.approvedBy })
    .from(loginRequests)
    .where(and(eq(loginRequests.secretSha256, secretSha256), isOpen))
    .for("update");
  if (!row) return null;
  if (row.approvedBy === null) return "waiting";
  await tx.delete(loginRequests).where(eq(loginRequests.secretSha256, secretSha256));
  const [user] = await tx
    .select({ id: users.id, email: users.email, isAdmin: users.isAdmin })
    .from(users)
    .where(and(eq(users.id, row.approvedBy), eq(users.disabled, false)));
  return user ? { machine: row.machine, user } : null;
}
