import { sql } from "drizzle-orm";
import { endedSessions } from "../../drizzle/schema/users.ts";
import type { Db } from "./client.ts";

/** Remembers the end of a session, and forgets those that have long expired, by anybody's clock. */
export async function insertEndedSession(
  db: Db,
  values: { sessionId: string; expiresAt: Date },
): Promise<void> {
  await db.delete(endedSessions).where(sql`${endedSessions.expiresAt} < now() - interval '1 day'`);
  await db.insert(endedSessions).values(values).onConflictDoNothing();
}
