import { and, eq, sql } from "drizzle-orm";
import { heldLocks } from "../../drizzle/schema/schedulers.ts";
import type { LockStore } from "../support/lock-store.ts";
import { createLockToken } from "../support/lock-token.ts";
import type { Db } from "./client.ts";

const inMs = (ms: number) => sql`clock_timestamp() + make_interval(secs => ${ms / 1_000})`;

/** Locks as rows, on PostgreSQL's clock. */
export function createPostgresLockStore(db: Db): LockStore {
  const isHeld = (name: string, token: string) =>
    and(
      eq(heldLocks.name, name),
      eq(heldLocks.token, token),
      sql`${heldLocks.expiresAt} > clock_timestamp()`,
    );
  return {
    async acquire(name, ttlMs, token = createLockToken()) {
      const rows = await db
        .insert(heldLocks)
        .values({ name, token, expiresAt: inMs(ttlMs) })
        .onConflictDoUpdate({
          target: heldLocks.name,
          set: { token, expiresAt: inMs(ttlMs) },
          setWhere: sql`${heldLocks.expiresAt} <= clock_timestamp()`,
        })
        .returning({ token: heldLocks.token });
      return rows.length > 0 ? token : null;
    },
    async holder(name) {
      const isLive = sql`${heldLocks.expiresAt} > clock_timestamp()`;
      const [row] = await db
        .select({ token: heldLocks.token })
        .from(heldLocks)
        .where(and(eq(heldLocks.name, name), isLive));
      return row?.token ?? null;
    },
    async renew(name, token, ttlMs) {
      const rows = await db
        .update(heldLocks)
        .set({ expiresAt: inMs(ttlMs) })
        .where(isHeld(name, token))
        .returning({ name: heldLocks.name });
      return rows.length > 0;
    },
    async release(name, token) {
      const rows = await db
        .delete(heldLocks)
        .where(isHeld(name, token))
        .returning({ name: heldLocks.name });
      return rows.length > 0;
    },
  };
}
