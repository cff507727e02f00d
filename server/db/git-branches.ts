import { eq, sql } from "drizzle-orm";
import { gitBranches } from "../../drizzle/schema/tables.ts";
import type { Db } from "./client.ts";

export type GitBranchRow = typeof gitBranches.$inferSelect;

/** A process has it in its settings. */
export async function noteGitBranch(db: Db, remote: string): Promise<void> {
  const now = sql`clock_timestamp()`;
  await db
    .insert(gitBranches)
    .values({ remote })
    .onConflictDoUpdate({
      target: gitBranches.remote,
      set: { seenAt: now },
      setWhere: sql`${gitBranches.seenAt} < ${now} - interval '1 minute'`,
    });
}

export async function selectGitBranch(db: Db, remote: string): Promise<GitBranchRow | null> {
  const [row] = await db.select().from(gitBranches).where(eq(gitBranches.remote, remote));
  return row ?? null;
}

export async function setGitHead(
  db: Db,
  remote: string,
  heads: Partial<Pick<GitBranchRow, "head" | "rewrittenHead">>,
): Promise<void> {
  await db.update(gitBranches).set(heads).where(eq(gitBranches.remote, remote));
}
