import { desc } from "drizzle-orm";
import { auditLog } from "../../../drizzle/schema/users.ts";
import type { AuditEntry } from "../../../shared/audit.ts";
import type { Deps } from "../deps.ts";

/** The audit log, the newest first. */
export async function listChanges(deps: Pick<Deps, "db">, limit: number): Promise<AuditEntry[]> {
  const rows = await deps.db.select().from(auditLog).orderBy(desc(auditLog.id)).limit(limit);
  return rows.map(({ userId: _, ...row }) => ({ ...row, at: row.at.toISOString() }));
}
