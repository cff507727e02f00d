import { and, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { auditLog } from "../../drizzle/schema/users.ts";
import type { AuditEntry, AuditFilter } from "../../shared/audit.ts";
import type { Db } from "./client.ts";

/** The newest first; `beforeId` goes on where the page before ended. */
export async function selectChanges(
  db: Db,
  filter: AuditFilter & { limit: number; beforeId?: number | undefined },
): Promise<AuditEntry[]> {
  const { limit, beforeId } = filter;
  const rows = await db
    .select()
    .from(auditLog)
    .where(
      and(...conditionsOf(filter), beforeId === undefined ? undefined : lt(auditLog.id, beforeId)),
    )
    .orderBy(desc(auditLog.id))
    .limit(limit);
  return rows.map(({ userId: _, ...row }) => ({ ...row, at: row.at.toISOString() }));
}

function conditionsOf(filter: AuditFilter): (SQL | undefined)[] {
  const { actor, action, subjectKind, subjectId, from, to } = filter;
  return [
    actor ? sql`strpos(lower(${auditLog.actor}), lower(${actor})) > 0` : undefined,
    action ? eq(auditLog.action, action) : undefined,
    subjectKind ? eq(auditLog.subjectKind, subjectKind) : undefined,
    subjectId ? eq(auditLog.subjectId, subjectId) : undefined,
    from ? gte(auditLog.at, new Date(from)) : undefined,
    to ? lt(auditLog.at, new Date(to)) : undefined,
  ];
}

/**
 * Every action that was ever recorded, and every kind of subject. Each is one step of an index, however
 * long the log is: `distinct` would read all of it.
 */
export async function selectAuditWords(
  db: Db,
): Promise<{ actions: string[]; subjectKinds: string[] }> {
  const wordsOf = async (column: "action" | "subject_kind") => {
    const name = sql.identifier(column);
    const { rows } = await db.execute<{ word: string }>(sql`
      with recursive words as (
        (select ${name} as word from audit_log order by ${name} limit 1)
        union all
        select (select a.${name} from audit_log a where a.${name} > w.word order by a.${name} limit 1)
        from words w where w.word is not null
      )
      select word from words where word is not null`);
    return rows.map(({ word }) => word);
  };
  return { actions: await wordsOf("action"), subjectKinds: await wordsOf("subject_kind") };
}
