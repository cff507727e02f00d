import type { Deps } from "../services/deps.ts";
import type { DrivenJob } from "../services/jobs/driven-job.ts";
import { advanceAroundFaults } from "../services/runs/advance-around-faults.ts";
import type { Advance, Pulse } from "../services/runs/advance-runs.ts";
import { releaseTableRuns } from "../services/runs/release-table-runs.ts";
import { pause } from "../support/abortable.ts";
import { createDue } from "../support/due.ts";
import { startLoop } from "../support/loop.ts";
import { createAwaitedTables } from "./awaited-tables.ts";
import { createHeldClaims } from "./held-claims.ts";
import { monitorJob } from "./job-monitor.ts";
import { startStatisticsReader } from "./statistics-reader.ts";
import { createUnwritten } from "./unwritten.ts";

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
 * pulse. So does the reader of statistics (statistics-reader.ts), for which nothing waits but the
 * end of a run. A monitor's end wakes the pulse at once, and what ends during one goes into the
 * next: under load many transitions share one commit, and a chain goes on without any pause.
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
 * What PostgreSQL refuses to store fails alone (advance-around-faults.ts).
 *
 * PostgreSQL away: pulses fail and are repeated; monitors go on; ends gather. After a commit whose
 * answer was lost the same ends are written again, which changes nothing.
 */

const sweepMs = 1_000;
const renewMs = 5_000;
/** How long a daemon that stops waits for its monitors, which end at once unless one hangs. */
const farewellMs = 2_000;

export interface Dispatcher {
  /** The table runs that this daemon has claimed, by number. */
  holding(): number[];
  stop(): Promise<void>;
}

export interface DispatcherHooks {
  onAdvance: (advance: Advance) => void;
}

export function startDispatcher(deps: Deps, hooks: DispatcherHooks): Dispatcher {
  const claims = createHeldClaims(deps.log);
  const monitors = new Set<Promise<void>>();
  const unwritten = createUnwritten(deps, () => loop.wake());
  const statistics = startStatisticsReader(deps, unwritten.addRead);
  const sweep = createDue(sweepMs);
  const awaited = createAwaitedTables();
  const renewal = createDue(renewMs);

  const pulse = async () => {
    // Taken before the pulse: what is asked for during it is the next one's.
    const gathered: Pulse = {
      ...unwritten.list(),
      isSweep: sweep.take(),
      awaited: awaited.take(),
      held: claims.list(),
      isRenewal: renewal.take(),
    };
    const advance = await advanceAroundFaults(deps, gathered).catch((error: unknown) => {
      if (gathered.isSweep) sweep.ask();
      awaited.askAll();
      if (gathered.isRenewal) renewal.ask();
      throw error;
    });
    unwritten.forget(gathered, advance.putOff);
    statistics.forget(gathered.read);
    for (const end of gathered.ended) {
      if (!advance.putOff.includes(end)) claims.drop(end.settlement);
    }
    if (gathered.isRenewal) claims.applyRenewal(gathered.held, advance.renewed);
    for (const driven of advance.driven) drive(driven);
    for (const job of advance.unread) statistics.add(job);
    if (claims.list().length === 0) statistics.flush();
    if (awaited.add(advance.awaitedTables)) loop.wake();
    hooks.onAdvance(advance);
  };

  const drive = (driven: DrivenJob) => {
    const claim = claims.hold(driven);
    const { onSubmitted, onTrouble } = unwritten.notesOf(driven);
    const driving = { ...claim.driving, onTrouble };
    const monitor = monitorJob(deps, driven, driving, onSubmitted).then((settlement) => {
      monitors.delete(monitor);
      unwritten.drop(driven.job.id);
      if (settlement && claims.has(claim)) unwritten.addEnd({ driven, settlement });
    });
    monitors.add(monitor);
  };

  const loop = startLoop({ name: "dispatcher", log: deps.log, periodMs: sweepMs, body: pulse });

  const unsubscribe = deps.changes.subscribe((event) => {
    // A tick that is waited for was recorded, or will never come. (Not at events of tables: each that
    // succeeds is told of anew when its size is known.)
    if (event.noun === "run" && event.id !== null) awaited.addRun(event.id);
    else if (event.noun === "run" || event.noun === "frequency") awaited.askAll();
    if (event.noun === "frequency") loop.wake();
    if (event.noun !== "run" && event.noun !== "transfer") return;
    if (event.isProgress) return;
    // A run was started, cancelled or resumed, files came, or a transfer moved on.
    sweep.ask();
    if (event.noun === "run") renewal.ask();
    loop.wake();
  });

  return {
    holding: () => claims.list().map(({ tableRunId }) => tableRunId),
    async stop() {
      unsubscribe();
      await Promise.all([loop.stop(), statistics.stop()]);
      unwritten.close();
      const held = claims.list();
      claims.letAllGo(new Error("the daemon stops"));
      // Before the monitors have ended: their fences keep what they still say from being written.
      await releaseTableRuns(deps, held);
      const ended = new AbortController();
      void Promise.all(monitors).then(() => ended.abort());
      await pause(farewellMs, ended.signal);
    },
  };
}
