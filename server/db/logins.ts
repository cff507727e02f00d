import { and, eq, gt, isNull, sql } from "drizzle-orm";
import { loginRequests, users } from "../../drizzle/schema/users.ts";
import type { Me, TokenScope } from "../../shared/user.ts";
import type { Db } from "./client.ts";

const isOpen = gt(loginRequests.expiresAt, sql`now()`);
const isWaiting = and(isOpen, isNull(loginRequests.approvedBy));

interface NewLogin {
  code: string;
  secretSha256: Buffer;
  machine: string;
  address: string;
}

interface Bounds {
  lifetimeSeconds: number;
  /** That wait at once: of one address, and of all. */
  perAddress: number;
  most: number;
}

/**
 * Stores a login and forgets those that have expired, and the oldest that nobody has approved where
 * there are too many: whoever floods it puts out their own.
 */
export async function insertLogin(db: Db, login: NewLogin, bounds: Bounds): Promise<void> {
  const expiresAt = sql`now() + make_interval(secs => ${bounds.lifetimeSeconds})`;
  await db.insert(loginRequests).values({ ...login, expiresAt });
  await db.execute(sql`
    delete from login_requests l using (
      select code, expires_at <= now() as is_over,
        row_number() over (partition by address order by expires_at desc, code) as of_address,
        row_number() over (order by expires_at desc, code) as of_all
      from login_requests where approved_by is null or expires_at <= now()
    ) o
    where l.code = o.code
      and (o.is_over or o.of_address > ${bounds.perAddress} or o.of_all > ${bounds.most})`);
}

export async function selectLogin(
  db: Db,
  code: string,
): Promise<Pick<
  typeof loginRequests.$inferSelect,
  "machine" | "address" | "expiresAt" | "approvedBy"
> | null> {
  const { machine, address, expiresAt, approvedBy } = loginRequests;
  const [row] = await db
    .select({ machine, address, expiresAt, approvedBy })
    .from(loginRequests)
    .where(and(eq(loginRequests.code, code), isOpen));
  return row ?? null;
}

/** Whence it came; null where it was approved, refused, claimed or has expired. */
export async function approveLoginRow(
  tx: Db,
  { code, scope, userId }: { code: string; scope: TokenScope; userId: number },
): Promise<{ machine: string; address: string } | null> {
  const [row] = await tx
    .update(loginRequests)
    .set({ approvedBy: userId, scope })
    .where(and(eq(loginRequests.code, code), isWaiting))
    .returning({ machine: loginRequests.machine, address: loginRequests.address });
  return row ?? null;
}

/** Whence it came; null where there is none that waits. */
export async function deleteWaitingLogin(
  tx: Db,
  code: string,
): Promise<{ machine: string; address: string } | null> {
  const [row] = await tx
    .delete(loginRequests)
    .where(and(eq(loginRequests.code, code), isWaiting))
    .returning({ machine: loginRequests.machine, address: loginRequests.address });
  return row ?? null;
}

/** An approved login, which is gone then; `waiting` where nobody has approved it; null where there is none. */
export async function takeLogin(
  tx: Db,
  secretSha256: Buffer,
): Promise<
  | { machine: string; scope: TokenScope; user: Pick<Me, "id" | "email" | "isAdmin"> }
  | "waiting"
  | null
> {
  const { machine, scope, approvedBy } = loginRequests;
  const [row] = await tx
    .select({ machine, scope, approvedBy })
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
  return user ? { machine: row.machine, scope: (row.scope ?? "write") as TokenScope, user } : null;
}
