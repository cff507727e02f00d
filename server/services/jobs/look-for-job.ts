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
const lostReason = "jobLost";

/** The same of one whose run was cancelled and about which BigQuery gave no answer ever after. */
const unreadReason = "jobUnread";

/** The same of one that a fault of our own kept us from following: it may run on. */
export const faultReason = "internal";

/** Of jobs with these it is not known what they did, and a resume looks for them once more. */
export const unknownReasons = [lostReason, unreadReason, faultReason];

type Lookable = Pick<DrivenJob, "claim" | "job">;

/** Asks, to be repeated by `untilAnswered`, for a job that BigQuery has taken. */
export function lookForJob(
  ask: () => Promise<JobStatus | null>,
  driven: Lookable,
): () => Promise<JobStatus | MaestroError> {
  let absences = 0;
  return async () => {
    const status = await ask();
    if (status) return status;
    absences += 1;
    const lost = lostJob(driven, "BigQuery no longer has");
    if (absences >= looks) return lost;
    throw lost;
  };
}

/** What follows where an import with an id column may have left any rows in its table. */
export const importsWhole = "the next import takes the table whole";

export function lostJob(driven: Lookable, what: string): MaestroError {
  const text = `${what} the job ${driven.job.bqJobId}: ${describeLoss(driven)}`;
  return new MaestroError("warehouse", text, { reason: lostReason });
}

export function unreadJob(driven: Lookable, fault: MaestroError): MaestroError {
  const text = `cancelled, but BigQuery did not say that its job ${driven.job.bqJobId} has ended (${fault.message}): it may still run in BigQuery; ${describeLoss(driven)}`;
  return new MaestroError("cancelled", text, { cause: fault, reason: unreadReason });
}

/** An insert that a dead daemon has sent may still be on its way when its run is cancelled. */
export function unseenJob({ job }: Lookable): MaestroError {
  const text = `cancelled before BigQuery showed the job ${job.bqJobId}: if it has it after all, a resume goes on with it`;
  return new MaestroError("cancelled", text, { reason: unreadReason });
}

function describeLoss({ claim: { definition, staged }, job }: Lookable): string {
  if (job.step === "load" && staged && definition.idColumn !== null) {
    return `what it did is not known; ${importsWhole}`;
  }
  return addsRows(job.configuration)
    ? "it may have added its rows to the table, and a resume adds them again unless BigQuery then shows the job: look at the table first"
    : "what it did is not known; a resume looks for it once more, then runs it again";
}
