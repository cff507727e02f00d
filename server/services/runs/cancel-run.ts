import { MaestroError } from "../../../shared/errors.ts";
import type { RunState } from "../../../shared/run.ts";
import { cancelTransfers, cancelUndriven, lockRun, markCancelled } from "../../db/run-control.ts";
import { inTransition, type Transition } from "../../db/transition.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { publishTransfer } from "../transfers/publish-transfer.ts";
import { endRuns } from "./settle-table-runs.ts";

export interface Cancelled {
  /** False: it had ended, or was being cancelled already. */
  changed: boolean;
  /** As it was before. */
  state: RunState;
}

/**
 * Cancels a run: what has not begun at once, BigQuery's jobs and the rooms' transfers as soon as they
 * hear of it; those of a daemon that is dead, as soon as another has taken them over. The run ends
 * when the last of its jobs has. One that has ended already stays as it is, and a second cancel
 * changes nothing.
 */
export async function cancelRun(
  deps: Pick<Deps, "pool" | "changes" | "log">,
  runId: number,
  actor: Actor,
): Promise<Cancelled> {
  const { moved, transfers, ...cancelled } = await inTransition(deps.pool, (transition) =>
    cancelInTransition(transition, runId, actor),
  );
  if (!cancelled.changed) return cancelled;
  for (const each of transfers) publishTransfer(deps, each);
  for (const each of moved) deps.changes.publish({ noun: "tableRun", ...each });
  deps.log.info({ runId, by: actor.name }, "a run was cancelled");
  deps.changes.publish({ noun: "run", id: runId, runId });
  return cancelled;
}

async function cancelInTransition(transition: Transition, runId: number, actor: Actor) {
  const run = await lockRun(transition, runId);
  if (!run) throw new MaestroError("notFound", `there is no run ${runId}`);
  const { state } = run;
  if (state !== "running" || run.isCancelling) {
    return { changed: false, state, moved: [], transfers: [] };
  }
  await markCancelled(transition, runId, actor.name);
  await recordChange(transition.tx, actor, {
    action: "run.cancel",
    subjectKind: "run",
    subjectId: runId,
  });
  const transfers = await cancelTransfers(transition, runId, actor.name);
  const moved = await cancelUndriven(transition, runId, actor.name);
  await endRuns(transition, [{ runId }]);
  return { changed: true, state, moved, transfers };
}
