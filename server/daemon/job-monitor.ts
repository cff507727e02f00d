import type { Deps } from "../services/deps.ts";
import { awaitJob } from "../services/jobs/await-job.ts";
import { completeExtract } from "../services/jobs/complete-extract.ts";
import { completeJob, failJob } from "../services/jobs/complete-job.ts";
import type { DrivenJob, Driving } from "../services/jobs/driven-job.ts";
import { startJob } from "../services/jobs/start-job.ts";

export type JobSettlement = ReturnType<typeof completeJob>;

/**
 * Drives one stored job to its end: submit or adopt it, wait for it, say what follows. Null where
 * it was let go before that. Never throws: a fault of our own ends it too, and a resume looks for the job.
 */
export async function monitorJob(
  deps: Deps,
  driven: DrivenJob,
  driving: Driving,
  onSubmitted: () => void,
): Promise<JobSettlement | null> {
  const { signal, cancel } = driving;
  try {
    const started = await startJob(deps, driven, driving);
    if (started.state !== "DONE" && !driven.job.isSubmitted) onSubmitted();
    const status = await awaitJob(deps, driven, started, driving);
    if (driven.job.step === "extract") return await completeExtract(deps, driven, status, driving);
    return completeJob(deps, driven, status, cancel.aborted);
  } catch (error) {
    if (signal.aborted) return null;
    deps.log.warn({ job: driven.job.bqJobId, err: error }, "a job failed");
    return failJob(driven, error);
  }
}
