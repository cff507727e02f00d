import { and, eq, inArray, isNull, lt } from "drizzle-orm";
import { jobs } from "../../drizzle/schema/runs.ts";
import type { JobFigures } from "../../shared/job.ts";
import type { Db } from "./client.ts";

export interface PreviewJob {
  tableId: number | null;
  bqJobId: string;
  user: string;
  group: string | null;
  createdAt: Date;
}

export interface PreviewEnd extends JobFigures {
  state: "succeeded" | "failed" | "cancelled";
  error: { reason: string; message: string } | null;
  endedAt: Date;
}

/**
 * Notes a preview before its job is submitted, so that what it bills is in the costs and on its
 * table's jobs whatever happens. Its SQL is not kept: no run is forgotten one day that would take it
 * along.
 */
export async function insertPreviewJob(db: Db, job: PreviewJob): Promise<void> {
  await db.insert(jobs).values({
    tableRunId: null,
    tableId: job.tableId,
    step: "query",
    attempt: 1,
    bqJobId: job.bqJobId,
    configuration: {},
    configurationHash: "",
    state: "pending",
    userEmail: job.user,
    groupName: job.group ?? "",
    createdAt: job.createdAt,
  });
}

export async function markPreviewSubmitted(db: Db, bqJobId: string, at: Date): Promise<void> {
  await db.update(jobs).set({ state: "running", submittedAt: at }).where(isUnended(bqJobId));
}

/** Once: who ends it a second time changes nothing. */
export async function endPreviewJob(db: Db, bqJobId: string, end: PreviewEnd): Promise<void> {
  await db
    .update(jobs)
    .set({
      state: end.state,
      error: end.error?.message ?? null,
      errorReason: end.error?.reason ?? null,
      statistics: {},
      bytesProcessed: end.bytesProcessed,
      bytesBilled: end.bytesBilled,
      slotMs: end.slotMs,
      cacheHit: end.cacheHit,
      startedAt: end.startMs === null ? null : new Date(end.startMs),
      endedAt: end.endMs === null ? end.endedAt : new Date(end.endMs),
    })
    .where(isUnended(bqJobId));
}

/** Those that were begun before then and have not ended: whoever ran them is gone. */
export async function selectLeftPreviews(db: Db, before: Date, limit: number): Promise<string[]> {
  const rows = await db
    .select({ bqJobId: jobs.bqJobId })
    .from(jobs)
    .where(and(unended, isNull(jobs.tableRunId), lt(jobs.createdAt, before)))
    .orderBy(jobs.id)
    .limit(limit);
  return rows.map(({ bqJobId }) => bqJobId);
}

const unended = inArray(jobs.state, ["pending", "running"]);

function isUnended(bqJobId: string) {
  return and(eq(jobs.bqJobId, bqJobId), unended);
}
