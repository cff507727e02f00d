import { eq, sql } from "drizzle-orm";
import { settings } from "../../drizzle/schema/settings.ts";
import type { DemoStatus } from "../../shared/demo.ts";
import type { Db } from "./client.ts";

/*
 * The sample project's status, one row of `settings`.
 *   absent (no row) → loading → loaded | failed; failed → loading.
 * A loader writes at least every few seconds. One that has written nothing for `staleSeconds` was
 * killed: its status counts as failed, and another may begin. `token` names the loader, so that one
 * that was only slow finds out by its next write.
 */

const key = "demo";
const staleSeconds = 30;

interface Stored extends DemoStatus {
  token: string;
}

const isStale = sql`${settings.updatedAt} < clock_timestamp() - make_interval(secs => ${staleSeconds})`;

/** False where the project is loaded, or being loaded by another. */
export async function claimDemo(db: Db, token: string, status: DemoStatus): Promise<boolean> {
  const value: Stored = { ...status, token };
  const rows = await db
    .insert(settings)
    .values({ key, value, updatedAt: sql`clock_timestamp()` })
    .onConflictDoUpdate({
      target: settings.key,
      set: { value, updatedAt: sql`clock_timestamp()` },
      setWhere: sql`${settings.value} ->> 'state' = 'failed'
        or (${settings.value} ->> 'state' = 'loading' and ${isStale})`,
    })
    .returning({ key: settings.key });
  return rows.length > 0;
}

/** False where another loader has taken over. */
export async function writeDemo(db: Db, token: string, status: DemoStatus): Promise<boolean> {
  const value: Stored = { ...status, token };
  const rows = await db
    .update(settings)
    .set({ value, updatedAt: sql`clock_timestamp()` })
    .where(sql`${settings.key} = ${key} and ${settings.value} ->> 'token' = ${token}`)
    .returning({ key: settings.key });
  return rows.length > 0;
}

export async function readDemo(db: Db): Promise<DemoStatus | null> {
  const [row] = await db
    .select({ value: settings.value, isStale: sql<boolean>`${isStale}` })
    .from(settings)
    .where(eq(settings.key, key));
  if (!row) return null;
  const { token: _token, ...status } = row.value as Stored;
  return status.state === "loading" && row.isStale
    ? { ...status, state: "failed", error: "loading it was interrupted: load it again" }
    : status;
}
