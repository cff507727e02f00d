import { jobs } from "../../drizzle/schema/runs.ts";
import type { JobFigures } from "../../shared/job.ts";
import type { Db } from "./client.ts";

export interface PreviewJob extends JobFigures {
  tableId: number | null;
  bqJobId: string;
  user: string;
  group: string | null;
  error: { reason: string; message: string } | null;
  startedAt: Date;
  endedAt: Date;
}

/**
 * Notes a preview that has ended, so that what it billed is in the costs and on its table's jobs. Its
 * SQL is not kept: no run is forgotten one day that would take it along.
 */
export async function storePreviewJob(db: Db, job: PreviewJob): Promise<void> {
  await db.insert(jobs).values({
    tableRunId: null,
    tableId: job.tableId,
    step: "query",
    attempt: 1,
    bqJobId: job.bqJobId,
    configuration: {},
    configurationHash: "",
    state: job.error ? "failed" : "succeeded",
    error: job.error?.message ?? null,
    errorReason: job.error?.reason ?? null,
    userEmail: job.user,
    groupName: job.group ?? "",
    statistics: {},
    bytesProcessed: job.bytesProcessed,
    bytesBilled: job.bytesBilled,
    slotMs: job.slotMs,
    cacheHit: job.cacheHit,
    createdAt: job.startedAt,
    submittedAt: job.startedAt,
    startedAt: job.startMs === null ? job.startedAt : new Date(job.startMs),
    endedAt: job.endMs === null ? job.endedAt : new Date(job.endMs),
  });
}
