import type { Deps } from "../services/deps.ts";
import { listUnreadJobs } from "../services/jobs/list-unread-jobs.ts";
import { readStatistics } from "../services/jobs/read-statistics.ts";
import type { Advance, Pulse } from "../services/runs/advance-runs.ts";
import { inCloud } from "../services/settings/in-cloud.ts";
import { startLoop } from "../support/loop.ts";

type UnreadJob = Advance["unread"][number];
type ReadJob = Pulse["read"][number];

/** Jobs that end close together are read together, out of the way of those that begin. */
const gatherMs = 100;
/** How often those are looked for that could not be read, or that a daemon left which died. */
const sweepMs = 2_000;
const sweepLimit = 64;

/**
 * Reads the statistics of the queries that have succeeded, and hands them to the dispatcher's next
 * pulse. Each is asked for by itself: one that cannot be read holds up no other, and is found by
 * the sweep until it is read or given up. It may be repeated, and done by several daemons.
 */
export function startStatisticsReader(deps: Deps, onRead: (read: ReadJob) => void) {
  let isStopped = false;
  /** Asked for, or read and not yet written. */
  const known = new Set<number>();
  let waiting: UnreadJob[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    for (const job of batch) {
      void readStatistics(inCloud(deps, job.cloud), job).then((read) => {
        if (!isStopped) onRead(read);
      });
    }
  };
  const add = (job: UnreadJob) => {
    if (known.has(job.id)) return;
    known.add(job.id);
    waiting.push(job);
    timer ??= setTimeout(flush, gatherMs);
  };
  const sweep = startLoop({
    name: "statistics",
    log: deps.log,
    periodMs: sweepMs,
    body: async () => {
      for (const job of await listUnreadJobs(deps, sweepLimit + known.size)) add(job);
    },
  });

  return {
    add,
    /** At once, where nothing else is to be done: their run may wait for nothing but them. */
    flush,
    forget(written: ReadJob[]) {
      for (const { jobId } of written) known.delete(jobId);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await sweep.stop();
    },
  };
}
