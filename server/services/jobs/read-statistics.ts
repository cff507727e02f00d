import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { JobStatus } from "../../connectors/warehouse.ts";
import type { ReadJob, UnreadJob } from "../../db/job-statistics.ts";
import type { Deps } from "../deps.ts";
import { summarizeStatistics } from "./summarize-statistics.ts";

/** How long after a job's end its run waits for figures that BigQuery refuses, or does not give. */
const refusedSeconds = 120;
const unansweredSeconds = 3_600;

/**
 * Asks BigQuery once for the statistics of a job that has succeeded. What cannot be read is asked for
 * again later, and given up after a while, with the reason on the job: its run may then end.
 */
export async function readStatistics(
  deps: Pick<Deps, "warehouse" | "log">,
  job: UnreadJob,
): Promise<ReadJob> {
  try {
    return toReadJob(job, await findJob(deps, job), null);
  } catch (error) {
    const isUnanswered = error instanceof MaestroError && error.retryable;
    const givesUp = job.waitedSeconds > (isUnanswered ? unansweredSeconds : refusedSeconds);
    deps.log.warn({ job: job.bqJobId, givesUp, err: error }, "a job's figures cannot be read");
    return toReadJob(job, givesUp ? {} : null, messageOf(error));
  }
}

/** Of figures that are not to be had: the run that waits for them may end. */
export function giveUpStatistics(jobId: number, why: string): ReadJob {
  return toReadJob({ id: jobId }, {}, why);
}

async function findJob(
  { warehouse }: Pick<Deps, "warehouse">,
  { bqJobId }: UnreadJob,
): Promise<JobStatus["statistics"]> {
  const status = await warehouse.getJob(bqJobId);
  if (!status) throw new MaestroError("notFound", `BigQuery no longer has the job ${bqJobId}`);
  if (status.state === "DONE") return status.statistics;
  // Two of BigQuery's servers do not know the same yet: the figures are not the last ones.
  throw new MaestroError("transient", `BigQuery still runs ${bqJobId}`, { retryable: true });
}

function toReadJob(
  { id }: Pick<UnreadJob, "id">,
  statistics: JobStatus["statistics"] | null,
  statisticsError: string | null,
): ReadJob {
  const figures = summarizeStatistics(statistics ?? {});
  const { outputRows: _rows, fileCount: _files, ...columns } = figures;
  return { jobId: id, statistics, statisticsError, ...columns };
}
