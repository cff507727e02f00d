import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { JobStatus } from "../../connectors/warehouse.ts";
import { type ReadJob, selectUnreadJobs, storeStatistics, type UnreadJob } from "../../db/jobs.ts";
import { inTransition } from "../../db/transition.ts";
import type { Deps } from "../deps.ts";
import { summarizeStatistics } from "../jobs/summarize-statistics.ts";
import { endRuns } from "./settle-table-runs.ts";

const batch = 16;

/** How long after a job's end its run waits for figures that BigQuery refuses, or does not give. */
const refusedSeconds = 120;
const unansweredSeconds = 3_600;

/**
 * Reads the statistics of queries that have succeeded, after their children were let go: what a job
 * cost is no reason to wait. A run ends when all are read, so that an ended run has all its figures;
 * what cannot be read is given up after a while, with the reason on the job, and holds up no other.
 * Returns whether there may be more. It may be repeated, and done by several daemons.
 */
export async function readStatistics(
  deps: Pick<Deps, "db" | "pool" | "warehouse" | "changes" | "log">,
): Promise<boolean> {
  const unread = await selectUnreadJobs(deps.db, batch);
  if (unread.length === 0) return false;
  const read = await Promise.all(unread.map((job) => readJob(deps, job)));
  const finished = await storeStatistics(deps.db, read);
  deps.changes.publish({ noun: "job", id: null });
  if (finished.length === 0) return true;
  const moved = finished.map((runId) => ({ runId }));
  const ended = await inTransition(deps.pool, (transition) => endRuns(transition, moved));
  for (const id of ended) deps.changes.publish({ noun: "run", id, runId: id });
  return true;
}

async function readJob(deps: Pick<Deps, "warehouse" | "log">, job: UnreadJob): Promise<ReadJob> {
  try {
    return toReadJob(job, await findJob(deps, job), null);
  } catch (error) {
    const isUnanswered = error instanceof MaestroError && error.retryable;
    const givesUp = job.waitedSeconds > (isUnanswered ? unansweredSeconds : refusedSeconds);
    deps.log.warn({ job: job.bqJobId, givesUp, err: error }, "a job's figures cannot be read");
    return toReadJob(job, givesUp ? {} : null, messageOf(error));
  }
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
  { id }: UnreadJob,
  statistics: JobStatus["statistics"] | null,
  statisticsError: string | null,
): ReadJob {
  const figures = summarizeStatistics(statistics ?? {});
  const { outputRows: _rows, fileCount: _files, ...columns } = figures;
  return { jobId: id, statistics, statisticsError, ...columns };
}
