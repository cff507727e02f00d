import type { Deps } from "../services/deps.ts";
import type { DrivenJob } from "../services/jobs/driven-job.ts";
import { refreshTableSize } from "../services/jobs/refresh-table-size.ts";
import { pause } from "../support/abortable.ts";
import { startLoop } from "../support/loop.ts";

const pollMs = 60_000;
/** Many tables that are made at once are asked for one after another, and leave room for their runs. */
const restMs = 20;

export interface SizeRefresher {
  add(tableRun: DrivenJob["claim"]): void;
  stop(): Promise<void>;
}

/**
 * Asks for the sizes of tables that were made, one at a time and beside the runs: nothing waits for
 * it. A table that is made again meanwhile is asked for once. What a crash loses, the table's next
 * run makes good.
 */
export function startSizeRefresher(deps: Deps): SizeRefresher {
  const waiting = new Map<number, DrivenJob["claim"]>();
  const loop = startLoop({
    name: "table sizes",
    log: deps.log,
    periodMs: pollMs,
    body: async (signal) => {
      for (const [tableId, tableRun] of waiting) {
        if (signal.aborted) return;
        waiting.delete(tableId);
        await refreshTableSize(deps, tableRun);
        await pause(restMs, signal);
      }
    },
  });
  return {
    add(tableRun) {
      waiting.set(tableRun.tableId, tableRun);
      loop.wake();
    },
    stop: () => loop.stop(),
  };
}
