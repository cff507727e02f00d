import { and, asc, eq, gt, inArray, isNotNull, isNull, not, sql } from "drizzle-orm";
import { datasets, tables, tableVersions } from "../../drizzle/schema/tables.ts";
import { outbox } from "../../drizzle/schema/transfers.ts";
import { users } from "../../drizzle/schema/users.ts";
import type { TableDefinition } from "../../shared/table.ts";
import type { Db } from "./client.ts";

/*
 * What is to be a commit, written in the transaction of the save. A row is given the commit's sha before
 * it is pushed: after a crash in between, it is looked for in the branch.
 */

/** A commit that was made here, with where it leaves the table's files. */
export interface NamedCommit {
  sha: string;
  path: string;
  sqlSha: string | null;
  settingsSha: string | null;
}

/** `isForced`: over what the repository has, which is what was seen there: `over`. */
interface Forced {
  isForced?: boolean;
  over?: Omit<NamedCommit, "sha">;
}

type GitNews =
  /** `isFirst`: nobody's save of now, but a state to begin with. */
  | ({ kind: "save"; tableId: number; version: number; isFirst?: boolean } & Forced)
  | ({ kind: "remove"; tableId: number; userId: number | null } & Forced)
  /** The repository has told of a push. */
  | { kind: "pull" };

export type OpenGitNews = GitNews & {
  id: number;
  commit?: NamedCommit;
  attempts: number;
  isPutOff: boolean;
  at: Date;
  /** What the definition takes up in the database, roughly. */
  bytes: number;
};

const toGit = and(eq(outbox.topic, "git"), isNull(outbox.deliveredAt));
const open = and(toGit, isNull(outbox.givenUpAt));
const givenUp = and(toGit, isNotNull(outbox.givenUpAt));
const most = 500;

export async function tellGit(tx: Db, news: GitNews): Promise<void> {
  await tx.insert(outbox).values({ topic: "git", payload: { ...news } });
}

/** The oldest after a row, so many at a time. */
export async function selectOpenGitNews(db: Db, after = 0): Promise<OpenGitNews[]> {
  const rows = await db
    .select({
      id: outbox.id,
      payload: outbox.payload,
      attempts: outbox.attempts,
      isPutOff: sql<boolean>`${outbox.nextAttemptAt} > clock_timestamp()`,
      at: outbox.createdAt,
      bytes: sql<number>`coalesce((
        select pg_column_size(v.definition) from table_versions v
        where v.table_id = (${outbox.payload}->>'tableId')::bigint
          and v.version = (${outbox.payload}->>'version')::int), 0)`,
    })
    .from(outbox)
    .where(and(open, gt(outbox.id, after)))
    .orderBy(asc(outbox.id))
    .limit(most);
  return rows.map(({ payload, ...row }) => ({ ...(payload as unknown as GitNews), ...row }));
}

export async function nameCommit(tx: Db, id: number, commit: NamedCommit): Promise<void> {
  const patch = JSON.stringify({ commit });
  await tx
    .update(outbox)
    .set({ payload: sql`${outbox.payload} || ${patch}::jsonb` })
    .where(eq(outbox.id, id));
}

export async function settleGitNews(tx: Db, ids: number[]): Promise<void> {
  if (ids.length === 0) return;
  const now = sql`clock_timestamp()`;
  await tx.update(outbox).set({ deliveredAt: now, lastError: null }).where(inArray(outbox.id, ids));
}

/** What nobody can commit is left, and told; the version says why it has no commit. */
export async function giveUpGit(
  db: Db,
  news: OpenGitNews,
  { remote, why }: { remote: string; why: string },
): Promise<void> {
  const patch = JSON.stringify({ refusedBy: remote });
  await db.transaction(async (tx) => {
    await tx
      .update(outbox)
      .set({
        payload: sql`${outbox.payload} || ${patch}::jsonb`,
        givenUpAt: sql`clock_timestamp()`,
        lastError: why,
      })
      .where(eq(outbox.id, news.id));
    if (news.kind !== "save") return;
    await tx
      .update(tableVersions)
      .set({ commitFault: why })
      .where(and(eq(tableVersions.tableId, news.tableId), eq(tableVersions.version, news.version)));
  });
}

/** Of what was given up, that of which the repository has nothing newer. */
const isMissed = and(
  givenUp,
  sql`not exists (
    select from git_files f
    where f.remote = ${outbox.payload}->>'refusedBy'
      and f.table_id = (${outbox.payload}->>'tableId')::bigint
      and f.version >= (${outbox.payload}->>'version')::int)`,
);

/** What the repository did not take, of tables that it has nothing newer of. */
export async function selectRefusedGit(
  db: Db,
): Promise<{ name: string; version: number | null; why: string }[]> {
  return db
    .select({
      name: sql<string>`${datasets.name} || '.' || ${tables.name}`,
      version: sql<number | null>`(${outbox.payload}->>'version')::int`,
      why: sql<string>`coalesce(${outbox.lastError}, '')`,
    })
    .from(outbox)
    .innerJoin(tables, sql`${tables.id} = (${outbox.payload}->>'tableId')::bigint`)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(isMissed)
    .orderBy(asc(outbox.id))
    .limit(20);
}

/** Nobody is to be told: no process has had a repository for long. */
export async function dropGitNews(db: Db): Promise<void> {
  const someoneHas = sql`exists (
    select from git_branches where seen_at > clock_timestamp() - interval '30 days')`;
  await db.delete(outbox).where(and(open, not(someoneHas)));
}

export async function putOffGit(
  db: Db,
  ids: number[],
  { seconds, lastError }: { seconds: number; lastError: string },
): Promise<void> {
  if (ids.length === 0) return;
  await db
    .update(outbox)
    .set({
      attempts: sql`${outbox.attempts} + 1`,
      nextAttemptAt: sql`clock_timestamp() + make_interval(secs => ${seconds})`,
      lastError,
    })
    .where(and(open, inArray(outbox.id, ids)));
}

/** Tries at once what was put off, and again what was given up: something has changed. */
export async function tryGitNow(db: Db): Promise<void> {
  await db.update(outbox).set({ givenUpAt: null, attempts: 0 }).where(isMissed);
  await db.update(outbox).set({ nextAttemptAt: sql`clock_timestamp()` }).where(open);
}

/** How many saves wait, and why the oldest of what waits does. */
export async function selectGitWaiting(db: Db): Promise<{ waiting: number; fault: string | null }> {
  const waiting = await db.$count(outbox, and(open, sql`${outbox.payload}->>'kind' <> 'pull'`));
  const [oldest] = await db
    .select({ lastError: outbox.lastError })
    .from(outbox)
    .where(and(open, isNotNull(outbox.lastError)))
    .orderBy(asc(outbox.id))
    .limit(1);
  return { waiting, fault: oldest?.lastError ?? null };
}

export interface SavedVersion {
  tableId: number;
  version: number;
  definition: TableDefinition;
  savedAt: Date;
  author: { name: string; email: string } | null;
}

/** The versions that saves are of, by `tableId/version`. */
export async function selectVersionsOf(
  db: Db,
  wanted: { tableId: number; version: number }[],
): Promise<Map<string, SavedVersion>> {
  if (wanted.length === 0) return new Map();
  const pairs = wanted.map(({ tableId, version }) => sql`(${tableId}::bigint, ${version}::int)`);
  const rows = await db
    .select({
      tableId: tableVersions.tableId,
      version: tableVersions.version,
      definition: tableVersions.definition,
      savedAt: tableVersions.savedAt,
      name: users.name,
      email: users.email,
    })
    .from(tableVersions)
    .leftJoin(users, eq(users.id, tableVersions.savedBy))
    .where(
      sql`(${tableVersions.tableId}, ${tableVersions.version}) in (${sql.join(pairs, sql`, `)})`,
    );
  return new Map(
    rows.map(({ name, email, ...row }) => [
      `${row.tableId}/${row.version}`,
      { ...row, author: email ? { name: name || email, email } : null },
    ]),
  );
}

export async function selectAuthor(
  db: Db,
  userId: number | null,
): Promise<{ name: string; email: string } | null> {
  if (userId === null) return null;
  const [row] = await db
    .select({ name: users.name, email: users.email })
    .from(users)
    .where(eq(users.id, userId));
  return row ? { name: row.name || row.email, email: row.email } : null;
}
