import type { JobStatus } from "../../connectors/warehouse.ts";
import { endPreviewJob } from "../../db/preview-jobs.ts";
import type { Deps } from "../deps.ts";
import { summarizeStatistics } from "../jobs/summarize-statistics.ts";

/** How long the end of what was cancelled is waited for. */
const cancelMs = 20_000;

type SettleDeps = Pick<Deps, "db" | "warehouse" | "now" | "log">;

/** Notes how a preview's job ended, and what it billed. */
export async function notePreviewEnd(
  { db, now }: Pick<Deps, "db" | "now">,
  jobId: string,
  done: Pick<JobStatus, "error" | "statistics">,
): Promise<void> {
  const { error } = done;
  const failed = error?.reason === "stopped" ? "cancelled" : "failed";
  await endPreviewJob(db, jobId, {
    ...summarizeStatistics(done.statistics),
    state: error ? failed : "succeeded",
    error,
    endedAt: now(),
  });
}

/**
 * Ends a preview that nobody waits for: its job is cancelled where it still runs, and noted. Where
 * BigQuery gives no answer, or has not ended it yet, its row stays as it is, to be settled later.
 * `whyNone` says why there may be no such job; null where it may still be on its way there.
 */
export async function settlePreview(
  deps: SettleDeps,
  jobId: string,
  whyNone: string | null,
): Promise<void> {
  const { warehouse } = deps;
  try {
    let job = await warehouse.getJob(jobId);
    if (job !== null && job.state !== "DONE") {
      await warehouse.cancelJob(jobId);
      await warehouse.awaitQuery(jobId, cancelMs);
      job = await warehouse.getJob(jobId);
    }
    if (job?.state === "DONE") await notePreviewEnd(deps, jobId, job);
    if (job !== null || whyNone === null) return;
    const error = { reason: "notFound", message: whyNone, retryable: false };
    await notePreviewEnd(deps, jobId, { error, statistics: {} });
  } catch (error) {
    deps.log.warn({ job: jobId, err: error }, "a preview could not be settled");
  }
}
