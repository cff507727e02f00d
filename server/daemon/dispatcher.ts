import type { Deps } from "../services/deps.ts";
import type { DrivenJob, Driving } from "../services/jobs/driven-job.ts";
import { type Advance, advanceRuns, type Pulse } from "../services/runs/advance-runs.ts";
import { releaseTableRuns } from "../services/runs/release-table-runs.ts";
import { startLoop } from "../support/loop.ts";
import { createHeldClaims } from "./held-claims.ts";
import { monitorJob } from "./job-monitor.ts";
import { createSubmittedNotes } from "./submitted-notes.ts";
import { createTroubleNotes } from "./trouble-notes.ts";

/*
 * The dispatcher: one a daemon, any number of daemons on one PostgreSQL.
 *
 * State is rows. A table run is
 *   waiting    for parents (pending_parents > 0);
 *   ready      for a slot;
 *   running    claimed by a daemon (lease, fence), or parked without a lease at `import` and `upload`;
 *   succeeded, failed, skipped, cancelled.
 * and its current step's job is
 *   pending    stored, perhaps submitted;
 *   running    known to be submitted;
 *   succeeded, failed, cancelled.
 *
 * Two things move them. The *pulse* (advance-runs.ts) is one transaction that writes all ends that
 * have gathered, readies their children, claims as much as there are slots, and stores the rows of
 * the jobs to come. The *monitors* (job-monitor.ts), one for each claimed table run, submit those
 * jobs and wait for their ends, in parallel; they write nothing, and hand their result to the next
 * pulse. A monitor's end wakes the pulse at once, and what ends during one goes into the next: under
 * load many transitions share one commit, and a chain goes on without any pause.
 *
 * What a crash costs, between any two lines:
 *   before the pulse's commit        nothing has changed; jobs that ended are found ended again
 *   after it, before the insert      the stored job is submitted by the next claimant
 *   during or after the insert       the next claimant's insert is answered 409: adopted
 *   while the job runs               the next claimant waits for it
 *   after its end, before the pulse  the next claimant sees it ended
 * In each case the lease has to end first: at once where the daemon stopped by itself, 3 s after its
 * session with PostgreSQL has ended where it was killed, 15 s in the worst case.
 * A daemon that was away (SIGSTOP, a partition) for longer than its lease renews none of its claims,
 * lets their monitors go, and what they had to say names an old fence and changes no row.
 *
 * PostgreSQL away: pulses fail and are repeated; monitors go on; ends gather. After a commit whose
 * answer was lost the same ends are written again, which changes nothing.
 */

const sweepMs = 1_000;
const renewMs = 5_000;
export interface Dispatcher {
  stop(): Promise<void>;
}

export interface DispatcherHooks {
  onAdvance: (advance: Advance) => void;
}

export function startDispatcher(deps: Deps, hooks: DispatcherHooks): Dispatcher {
  const claims = createHeldClaims(deps.log);
  const monitors = new Set<Promise<void>>();
  const submitted = createSubmittedNotes(() => loop.wake());
  const troubles = createTroubleNotes(deps.now, () => loop.wake());
  let ended: Pulse["ended"] = [];
  let nextSweepMs = 0;
  let nextRenewMs = 0;

  const pulse = async () => {
    const nowMs = performance.now();
    const isSweep = nowMs >= nextSweepMs;
    const renew = nowMs >= nextRenewMs ? claims.list() : null;
    const gathered: Pulse = {
      ended: [...ended],
      submitted: submitted.list(),
      troubles: troubles.list(),
      isSweep,
      renew,
    };
    // Before the pulse: a change that comes during it sets them to 0, and is seen by the next.
    if (isSweep) nextSweepMs = nowMs + sweepMs;
    if (renew) nextRenewMs = nowMs + renewMs;
    const advance = await advanceRuns(deps, gathered).catch((error: unknown) => {
      if (isSweep) nextSweepMs = 0;
      if (renew) nextRenewMs = 0;
      throw error;
    });
    // Only what was written is forgotten; what ended meanwhile is the next pulse's.
    ended = ended.slice(gathered.ended.length);
    submitted.forget(gathered.submitted);
    troubles.forget(gathered.troubles);
    for (const { settlement } of gathered.ended) claims.drop(settlement.tableRunId);
    if (renew) claims.applyRenewal(renew, advance.renewed);
    for (const driven of advance.driven) drive(driven);
    hooks.onAdvance(advance);
  };

  const drive = (driven: DrivenJob) => {
    const claim = claims.hold(driven);
    const onSubmitted = () => submitted.add(driven);
    const onTrouble: Driving["onTrouble"] = (fault) => troubles.set(driven, fault);
    const driving = { ...claim.driving, onTrouble };
    const monitor = monitorJob(deps, driven, driving, onSubmitted).then((settlement) => {
      monitors.delete(monitor);
      troubles.drop(driven.job.id);
      if (!settlement || !claims.has(claim)) return;
      submitted.drop(driven.job.id);
      ended.push({ driven, settlement });
      loop.wake();
    });
    monitors.add(monitor);
  };

  const loop = startLoop({ name: "dispatcher", log: deps.log, periodMs: sweepMs, body: pulse });

  const unsubscribe = deps.changes.subscribe((event) => {
    if (event.noun !== "run" && event.noun !== "transfer") return;
    // A run was started, cancelled or resumed, files came, or a transfer moved on.
    nextSweepMs = 0;
    if (event.noun === "run") nextRenewMs = 0;
    loop.wake();
  });

  return {
    async stop() {
      unsubscribe();
      await loop.stop();
      submitted.close();
      troubles.close();
      const held = claims.list();
      claims.letAllGo(new Error("the daemon stops"));
      await Promise.all(monitors);
      await releaseTableRuns(deps, held);
    },
  };
}
