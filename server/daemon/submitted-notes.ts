import type { DrivenJob } from "../services/jobs/driven-job.ts";
import type { Pulse } from "../services/runs/advance-runs.ts";

type Note = Pulse["submitted"][number];

/** A job that ends sooner is written once, as ended, and not as submitted before. */
const gatherMs = 100;

/**
 * Jobs that BigQuery has taken, to be noted with the next pulse, or by one of their own after a
 * moment. A note that a crash loses costs one insert that is answered 409.
 */
export function createSubmittedNotes(wake: () => void) {
  const notes = new Map<number, Note>();
  let timer: NodeJS.Timeout | undefined;
  return {
    add({ claim, job }: DrivenJob) {
      notes.set(job.id, { jobId: job.id, tableRunId: claim.id, fence: claim.fence });
      timer ??= setTimeout(() => {
        timer = undefined;
        if (notes.size > 0) wake();
      }, gatherMs);
    },
    list: () => [...notes.values()],
    drop: (jobId: number) => notes.delete(jobId),
    forget(written: Note[]) {
      for (const { jobId } of written) notes.delete(jobId);
    },
    close: () => clearTimeout(timer),
  };
}
