import { and, desc, eq, sql } from "drizzle-orm";
import { jobs, runs, tableRuns } from "../../drizzle/schema/runs.ts";
import type { CloudPlace } from "../../shared/cloud.ts";
import type { Db } from "./client.ts";

/** The oldest table run of an external table that waits for files which nobody has delivered yet. */
export async function selectWaitingUpload(
  db: Db,
  tableId: number,
): Promise<{ id: number; cloud: CloudPlace | null } | null> {
  const [row] = await db
    .select({ id: tableRuns.id, cloud: runs.cloud })
    .from(tableRuns)
    .innerJoin(runs, eq(runs.id, tableRuns.runId))
    .where(
      and(
        eq(tableRuns.tableId, tableId),
        eq(tableRuns.step, "upload"),
        sql`${tableRuns.state} in ('waiting', 'ready', 'running')`,
        sql`${tableRuns.stagedObjects} = '{}'`,
        sql`${runs.endedAt} is null`,
      ),
    )
    .orderBy(tableRuns.id)
    .limit(1);
  return row ?? null;
}

export interface NewestExtract {
  tableRunId: number;
  runId: number;
  objects: string[];
  at: Date;
  /** Where its run began; null for one of an older version. */
  cloud: CloudPlace | null;
}

/** The newest table run that left an extract. */
export async function selectNewestExtract(db: Db, tableId: number): Promise<NewestExtract | null> {
  const [row] = await db
    .select({
      tableRunId: tableRuns.id,
      runId: tableRuns.runId,
      objects: tableRuns.extractObjects,
      at: tableRuns.endedAt,
      cloud: runs.cloud,
    })
    .from(tableRuns)
    .innerJoin(runs, eq(runs.id, tableRuns.runId))
    .where(
      and(
        eq(tableRuns.tableId, tableId),
        eq(tableRuns.state, "succeeded"),
        sql`${tableRuns.extractObjects} <> '{}'`,
      ),
    )
    .orderBy(desc(tableRuns.id))
    .limit(1);
  return row?.at ? { ...row, at: row.at } : null;
}

/** The extract job that succeeded in a table run. */
export async function selectExtractJob(
  db: Db,
  tableRunId: number,
): Promise<{ id: number; startedAt: Date | null } | null> {
  const [row] = await db
    .select({ id: jobs.id, startedAt: jobs.startedAt })
    .from(jobs)
    .where(
      and(eq(jobs.tableRunId, tableRunId), eq(jobs.step, "extract"), eq(jobs.state, "succeeded")),
    )
    .orderBy(desc(jobs.id))
    .limit(1);
  return row ?? null;
}
