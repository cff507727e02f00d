import { MaestroError } from "../../../shared/errors.ts";
import { unfinishedRunOf } from "../../db/run-assembly.ts";
import { lockRun, type RunHead, reopenRun, reopenTableRuns } from "../../db/run-control.ts";
import { inTransition, type Transition } from "../../db/transition.ts";
import type { Deps } from "../deps.ts";

/**
 * Runs again what failed, was skipped for it, or was cancelled, and nothing that succeeded: a table
 * whose query succeeded and whose extract failed only extracts. With the definitions of its assembly.
 */
export async function resumeRun(
  deps: Pick<Deps, "pool" | "changes" | "log">,
  runId: number,
): Promise<void> {
  const moved = await inTransition(deps.pool, async (transition) => {
    const run = await lockRun(transition, runId);
    if (!run) throw new MaestroError("notFound", `there is no run ${runId}`);
    await assertResumable(transition, run);
    await reopenRun(transition, runId);
    const reopened = await reopenTableRuns(transition, runId);
    if (reopened.length > 0) return reopened;
    throw new MaestroError("conflict", `run ${runId} has nothing to run again`);
  });
  deps.log.info({ runId, tableRuns: moved.length }, "a run was resumed");
  for (const each of moved) deps.changes.publish({ noun: "tableRun", ...each });
  deps.changes.publish({ noun: "run", id: runId, runId });
}

async function assertResumable({ tx }: Transition, run: RunHead): Promise<void> {
  if (run.state === "running") {
    throw new MaestroError("conflict", `run ${run.id} has not ended: it cannot be resumed yet`);
  }
  if (run.state === "succeeded" || run.state === "skipped") {
    throw new MaestroError("conflict", `run ${run.id} was ${run.state}: it has nothing to resume`);
  }
  const unfinished = run.frequencyId === null ? null : await unfinishedRunOf(tx, run.frequencyId);
  if (unfinished !== null) {
    throw new MaestroError(
      "conflict",
      `run ${unfinished} of the same frequency is running: resume run ${run.id} when that has ended`,
    );
  }
}
