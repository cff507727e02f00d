import { MaestroError } from "../../../shared/errors.ts";
import type { JobStatus } from "../../connectors/warehouse.ts";
import { addsRows } from "../../domain/job-configuration.ts";
import type { DrivenJob } from "./driven-job.ts";

/**
 * How often BigQuery must say that it has no such job, before it is believed: its servers do not all
 * know of a job at once, and an insert whose connection was cut may arrive late.
 */
export const looks = 4;

/** The word on the row of a job that BigQuery has taken and no longer shows. */
export const lostReason = "jobLost";

/** Asks, to be repeated by `untilAnswered`, for a job that BigQuery has taken. */
export function lookForJob(
  ask: () => Promise<JobStatus | null>,
  job: DrivenJob["job"],
): () => Promise<JobStatus | MaestroError> {
  let absences = 0;
  return async () => {
    const status = await ask();
    if (status) return status;
    absences += 1;
    const lost = lostJob(job, "BigQuery no longer has");
    if (absences >= looks) return lost;
    throw lost;
  };
}

export function lostJob({ bqJobId, configuration }: DrivenJob["job"], what: string): MaestroError {
  const rest = addsRows(configuration)
    ? "it may have added its rows to the table, and a resume adds them again unless BigQuery then shows the job: look at the table first"
    : "what it did is not known; a resume looks for it once more, then runs it again";
  return new MaestroError("warehouse", `${what} the job ${bqJobId}: ${rest}`, {
    reason: lostReason,
  });
}
