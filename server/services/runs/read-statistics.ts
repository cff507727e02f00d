import { type ReadJob, selectUnreadJobs, storeStatistics, type UnreadJob } from "../../db/jobs.ts";
import { inTransition } from "../../db/transition.ts";
import type { Deps } from "../deps.ts";
import { summarizeStatistics } from "../jobs/summarize-statistics.ts";
import { endRuns } from "./settle-table-runs.ts";

const batch = 16;

/**
 * Reads the statistics of queries that have succeeded, after their children were let go: what a job
 * cost is no reason to wait. A run ends when all are read, so that an ended run has all its figures.
 * Returns whether there may be more. It may be repeated, and done by several daemons.
 */
export async function readStatistics(
  deps: Pick<Deps, "db" | "pool" | "warehouse" | "changes">,
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

/** A job that BigQuery no longer has keeps no figures. */
async function readJob(
  deps: Pick<Deps, "warehouse">,
  { id, bqJobId }: UnreadJob,
): Promise<ReadJob> {
  const statistics = (await deps.warehouse.getJob(bqJobId))?.statistics ?? {};
  const { outputRows: _rows, fileCount: _files, ...figures } = summarizeStatistics(statistics);
  return { jobId: id, statistics, ...figures };
}
