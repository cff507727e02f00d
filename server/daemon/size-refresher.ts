import type { Deps } from "../services/deps.ts";
import type { DrivenJob } from "../services/jobs/driven-job.ts";
import { refreshTableSize } from "../services/jobs/refresh-table-size.ts";
import { inCloud } from "../services/settings/in-cloud.ts";
import { pause } from "../support/abortable.ts";
import { startLoop } from "../support/loop.ts";

const pollMs = 60_000;
/** Sizes are asked for while no table ends, or once they have waited long enough. */
const quietMs = 250;
const patienceMs = 5_000;

export interface SizeRefresher {
  add(tableRun: DrivenJob["claim"]): void;
  stop(): Promise<void>;
}

/**
 * Asks for the sizes of tables that were made, one at a time and out of the way of the runs: nothing
 * waits for it. A table that is made again meanwhile is asked for once. What a crash loses, the
 * table's next run makes good.
 */
export function startSizeRefresher(deps: Deps): SizeRefresher {
  const waiting = new Map<number, DrivenJob["claim"]>();
  let firstMs = 0;
  let lastMs = 0;
  const restMs = () => Math.min(lastMs + quietMs, firstMs + patienceMs) - performance.now();
  const loop = startLoop({
    name: "table sizes",
    log: deps.log,
    isUnbounded: true,
    periodMs: pollMs,
    body: async (signal) => {
      while (waiting.size > 0 && restMs() > 0 && !signal.aborted) await pause(restMs(), signal);
      for (const [tableId, tableRun] of waiting) {
        if (signal.aborted) return;
        waiting.delete(tableId);
        await refreshTableSize(inCloud(deps, tableRun.cloud), tableRun);
      }
    },
  });
  return {
    add(tableRun) {
      lastMs = performance.now();
      if (waiting.size === 0) firstMs = lastMs;
      waiting.set(tableRun.tableId, tableRun);
      loop.wake();
    },
    stop: () => loop.stop(),
  };
}
