import { desc, eq, inArray, sql } from "drizzle-orm";
import { settings } from "../../drizzle/schema/settings.ts";
import { auditLog } from "../../drizzle/schema/users.ts";
import type { Db } from "./client.ts";
import { locks } from "./locks.ts";

export interface SettingRow {
  key: string;
  /** Of a setting that is no secret. */
  text: string | null;
  secret: Buffer | null;
  updatedAt: Date;
}

export async function selectSettings(db: Db, keys: readonly string[]): Promise<SettingRow[]> {
  const rows = await db
    .select()
    .from(settings)
    .where(inArray(settings.key, [...keys]));
  return rows.map(({ key, value, secret, updatedAt }) => ({
    key,
    text: (value as { text?: string } | null)?.text ?? null,
    secret,
    updatedAt,
  }));
}

/** A text in the clear, or sealed bytes. */
export async function upsertSetting(
  db: Db,
  key: string,
  content: { text: string } | { secret: Buffer },
): Promise<void> {
  // In an object: read back bare, the text `750` would be a number.
  const columns =
    "text" in content
      ? { value: { text: content.text }, secret: null }
      : { value: null, secret: content.secret };
  await db
    .insert(settings)
    .values({ key, ...columns })
    .onConflictDoUpdate({ target: settings.key, set: { ...columns, updatedAt: sql`now()` } });
}

/** The sealed bytes of the row; those given where there was none. Of several at once, one's are kept. */
export async function keepSecret(db: Db, key: string, secret: Buffer): Promise<Buffer> {
  await db.insert(settings).values({ key, secret }).onConflictDoNothing();
  const [row] = await selectSettings(db, [key]);
  return row?.secret ?? secret;
}

/** False where there was none. */
export async function deleteSetting(db: Db, key: string): Promise<boolean> {
  const rows = await db
    .delete(settings)
    .where(eq(settings.key, key))
    .returning({ key: settings.key });
  return rows.length > 0;
}

/** The sealed bytes of a row that nobody else can take until the transaction ends; null without one. */
export async function lockSecret(db: Db, key: string): Promise<Buffer | null> {
  const [row] = await db
    .select({ secret: settings.secret })
    .from(settings)
    .where(eq(settings.key, key))
    .for("update");
  return row?.secret ?? null;
}

/** Until the transaction ends, nobody else who takes it changes the project or what opens it. */
export async function lockCredentials(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${locks.credentials})`);
}

/** Who changed each setting last, by its key. */
export async function selectSettingAuthors(db: Db): Promise<Map<string, string>> {
  const key = sql<string>`${auditLog.detail} ->> 'key'`;
  const rows = await db
    .selectDistinctOn([key], { key, actor: auditLog.actor })
    .from(auditLog)
    .where(eq(auditLog.subjectKind, "setting"))
    .orderBy(key, desc(auditLog.id));
  return new Map(rows.map((row) => [row.key, row.actor]));
}

/** A process that has not heard of a change yet may begin a run in the former project for so long. */
const unheard = sql`interval '1 hour'`;

/**
 * Deletes the secrets kept under `prefix` and a project's name, where no run of that project is under way and
 * none has left files that are still to be removed. Answers the keys.
 */
export async function deleteUnusedCredentials(db: Db, prefix: string): Promise<string[]> {
  const { rows } = await db.execute<{ key: string }>(sql`
    delete from settings s
    where starts_with(s.key, ${prefix}) and s.secret is not null and s.updated_at < now() - ${unheard}
      and not exists (
        select from runs r where r.ended_at is null
          and r.cloud ->> 'projectId' = substr(s.key, length(${prefix}) + 1))
      and not exists (
        select from table_runs t join runs r on r.id = t.run_id where t.staged_objects <> '{}'
          and r.cloud ->> 'projectId' = substr(s.key, length(${prefix}) + 1))
    returning s.key`);
  return rows.map(({ key }) => key);
}
