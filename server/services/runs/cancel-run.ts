import { MaestroError } from "../../../shared/errors.ts";
import { cancelTransfers, cancelUndriven, lockRun } from "../../db/run-control.ts";
import { inTransition } from "../../db/transition.ts";
import type { Deps } from "../deps.ts";
import { publishTransfer } from "../transfers/publish-transfer.ts";
import { endRuns } from "./settle-table-runs.ts";

/**
 * Cancels a run: what has not begun at once, BigQuery's jobs and the rooms' transfers as soon as they
 * hear of it. The run ends when the last of its jobs has. One that has ended already stays as it is.
 */
export async function cancelRun(
  deps: Pick<Deps, "pool" | "changes" | "log">,
  runId: number,
): Promise<void> {
  const { moved, transfers } = await inTransition(deps.pool, async (transition) => {
    const run = await lockRun(transition, runId);
    if (!run) throw new MaestroError("notFound", `there is no run ${runId}`);
    if (run.state !== "running") return { moved: [], transfers: [] };
    const transfers = await cancelTransfers(transition, runId);
    const moved = await cancelUndriven(transition, runId);
    await endRuns(transition, [{ runId }]);
    return { moved, transfers };
  });
  for (const each of transfers) publishTransfer(deps, each);
  for (const each of moved) deps.changes.publish({ noun: "tableRun", ...each });
  deps.log.info({ runId }, "a run was cancelled");
  deps.changes.publish({ noun: "run", id: runId, runId });
}
