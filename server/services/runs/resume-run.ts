import { setTimeout as delay } from "node:timers/promises";
import type { CloudPlace } from "../../../shared/cloud.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { tryLockFrequency } from "../../db/frequencies.ts";
import { tellSlack } from "../../db/outbox.ts";
import { unfinishedRunOf } from "../../db/run-assembly.ts";
import {
  hasFailures,
  lockRun,
  type RunHead,
  reopenRun,
  reopenTableRuns,
  reviveJobs,
  selectFailedUploads,
  selectUnlistedExtracts,
  skipDeleted,
} from "../../db/run-control.ts";
import { inTransition, type Transition } from "../../db/transition.ts";
import { blamesFiles } from "../../domain/blames-files.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { findUnknownJobs } from "../jobs/find-unknown-jobs.ts";

/**
 * Runs again what failed, was skipped for it, or was cancelled, and nothing that succeeded: a table
 * whose query succeeded and whose extract failed only extracts, one whose extract succeeded only lists
 * its files, and an external table of which BigQuery refused the files waits for others. With the definitions of its assembly; what was deleted since is
 * left out. Jobs of which BigQuery did not say how they ended are looked for once more: what is there
 * after all, and has not failed, is waited for. Asked for twice, it is done once: `changed` is false
 * where the run goes on already and nothing in it has failed since.
 */
export async function resumeRun(
  deps: Pick<Deps, "pool" | "changes" | "log" | "warehouse" | "clouds">,
  runId: number,
  actor: Actor,
): Promise<{ changed: boolean }> {
  const foundJobs = await findUnknownJobs(deps, runId);
  const moved = await withoutWaiting(() =>
    inTransition(deps.pool, (transition) =>
      resumeInTransition(deps, transition, { runId, actor, foundJobs }),
    ),
  );
  if (moved === null) return { changed: false };
  deps.log.info({ runId, tableRuns: moved.length, by: actor.name }, "a run was resumed");
  for (const each of moved) deps.changes.publish({ noun: "tableRun", ...each });
  deps.changes.publish({ noun: "run", id: runId, runId });
  return { changed: true };
}

const lockTries = 10;
const lockPauseMs = 200;

/**
 * Asks again for some 2 s while somebody has the frequency locked: outside of the transition, for in
 * it everything else would wait too.
 */
async function withoutWaiting<T>(resume: () => Promise<T | "locked">): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const answer = await resume();
    if (answer !== "locked") return answer;
    if (tries === lockTries) {
      const message =
        "a tick of its frequency is being recorded, or the frequency saved: try again";
      throw new MaestroError("conflict", message);
    }
    await delay(lockPauseMs);
  }
}

/** Null where it is resumed already; `locked`, with nothing done, where its frequency is. */
async function resumeInTransition(
  { clouds }: Pick<Deps, "clouds">,
  transition: Transition,
  { runId, actor, foundJobs }: { runId: number; actor: Actor; foundJobs: number[] },
) {
  const run = await lockRun(transition, runId);
  if (!run) throw new MaestroError("notFound", `there is no run ${runId}`);
  if (await isResumed(transition, run)) return null;
  assertEnded(run);
  assertReached(run, clouds.current());
  if (run.frequencyId !== null) {
    // A tick that is recorded just now is seen: it holds this lock too.
    if ((await tryLockFrequency(transition.tx, run.frequencyId)) === "locked") return "locked";
    await assertNoneUnfinished(transition, run.id, run.frequencyId);
  }
  const skipped = await skipDeleted(transition, runId);
  await reopenRun(transition, runId, actor.name);
  const failedUploads = await selectFailedUploads(transition, runId);
  const uploadAgain = failedUploads.filter(({ errorReason }) => blamesFiles(errorReason));
  const unlisted = await selectUnlistedExtracts(transition, runId);
  const reopened = await reopenTableRuns(
    transition,
    runId,
    uploadAgain.map(({ id }) => id),
  );
  if (reopened.length === 0) {
    const why = skipped.length > 0 ? ": its tables were deleted" : "";
    throw new MaestroError("conflict", `run ${runId} has nothing to run again${why}`);
  }
  const goingOn = [...foundJobs, ...unlisted.map(({ id }) => id)];
  if (goingOn.length > 0) await reviveJobs(transition, goingOn);
  await tellSlack(transition.tx, { kind: "run", runId });
  await recordChange(transition.tx, actor, {
    action: "run.resume",
    subjectKind: "run",
    subjectId: runId,
    detail: { tableRuns: reopened.length },
  });
  return [...skipped, ...reopened];
}

async function isResumed(transition: Transition, run: RunHead): Promise<boolean> {
  const goesOn = run.state === "running" && run.resumedCount > 0 && !run.isCancelling;
  return goesOn && !(await hasFailures(transition, run.id));
}

function assertEnded(run: RunHead): void {
  const { id } = run;
  if (run.state === "running") {
    const message = run.isCancelling
      ? `run ${id} is being cancelled: resume it when that is done`
      : `run ${id} has not ended: resume it when it has`;
    throw new MaestroError("conflict", message);
  }
  if (run.state === "succeeded" || run.state === "skipped") {
    throw new MaestroError("conflict", `run ${id} was ${run.state}: it has nothing to resume`);
  }
}

/** The credentials of a project are kept for what has not ended there, and no longer. */
function assertReached({ id, cloud }: RunHead, now: CloudPlace | null): void {
  if (cloud === null || (cloud.isLocal === now?.isLocal && cloud.projectId === now.projectId))
    return;
  const nameOf = (place: CloudPlace) =>
    place.isLocal ? "the local cloud" : `the project ${place.projectId}`;
  const elsewhere = now === null ? "no project is set now" : `Maestro works in ${nameOf(now)} now`;
  const message = `run ${id} began in ${nameOf(cloud)}, and ${elsewhere}: start a new run`;
  throw new MaestroError("conflict", message);
}

async function assertNoneUnfinished({ tx }: Transition, id: number, frequencyId: number) {
  const unfinished = await unfinishedRunOf(tx, frequencyId);
  if (unfinished === null) return;
  throw new MaestroError(
    "conflict",
    `run ${unfinished} of the same frequency is running: resume run ${id} when that has ended`,
  );
}
