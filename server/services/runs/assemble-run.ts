import type { MissedTicks, RunReasonCode } from "../../../shared/run.ts";
import { missedText } from "../../../shared/schedule-text.ts";
import { type FrequencyRow, tryLockFrequency } from "../../db/frequencies.ts";
import { tellSlack } from "../../db/outbox.ts";
import { insertRun, selectTablesToRun, unfinishedRunOf } from "../../db/run-assembly.ts";
import {
  recordEmptyTick,
  recordSkippedTick,
  selectNewestTick,
  selectOnlyAwaited,
  skipRun,
} from "../../db/ticks.ts";
import { inTransaction, type Transition } from "../../db/transition.ts";
import { tickAt, ticksBetween } from "../../domain/frequency.ts";
import type { Deps } from "../deps.ts";
import { assembleTableRuns } from "./assemble-table-runs.ts";

export type Assembled =
  | { kind: "started"; runId: number }
  | { kind: "skipped"; runId: number; reason: string; reasonCode: RunReasonCode }
  /** Another daemon was first with it or a newer one, the frequency changed, or it has no tables. */
  | { kind: "nothing" }
  /** Somebody changes it just now, or another daemon records its tick: look again. */
  | { kind: "nothing"; isLocked: true };

/**
 * Records a tick of a frequency, in one transaction and exactly once, however many daemons see it:
 * as a run with its table runs; or as a skipped run, where the one before has not ended or no table
 * takes part. The first of these is an alert: a line of the log at `warn` that says so, and the run's
 * `reasonCode`. So are ticks before it that were missed: the run makes up for them, and names them.
 * It waits for nobody who has the frequency's row locked: other frequencies' ticks come behind it.
 */
export async function assembleRun(
  deps: Pick<Deps, "pool" | "changes" | "log" | "now" | "clouds">,
  frequencyId: number,
  at: Date,
): Promise<Assembled> {
  const now = deps.now();
  const { assembled, tick } = await inTransaction(deps.pool, async (transition) => {
    const tick = await wantedTick(transition, frequencyId, at, now);
    const nothing = { kind: "nothing" as const };
    if (tick === "locked") {
      return { assembled: { ...nothing, isLocked: true as const }, tick: null };
    }
    if (!tick) return { assembled: nothing, tick };
    return { assembled: await assembleTick(deps, transition, tick), tick };
  });
  if (assembled.kind === "nothing") return assembled;
  const facts = { frequencyId, tickAt: at, ...assembled };
  const name = tick?.frequency.name;
  if (tick?.missed) {
    const text = `${name}: ${missedText(tick.missed)} its tick of ${at.toISOString()}`;
    deps.log.warn({ ...facts, alert: "missedTicks", missed: tick.missed }, text);
  }
  if (assembled.kind === "skipped" && assembled.reasonCode === "overlap") {
    const text = `${name}: its tick of ${at.toISOString()} was skipped, ${assembled.reason}`;
    deps.log.warn({ ...facts, alert: "overlap" }, text);
  } else {
    deps.log.info(facts, `a tick was ${assembled.kind}`);
  }
  const { runId } = assembled;
  deps.changes.publish({ noun: "run", id: runId, runId });
  return assembled;
}

interface WantedTick {
  frequency: FrequencyRow;
  at: Date;
  missed: MissedTicks | null;
}

/**
 * Its frequency is locked from here on; `locked` where others have it so. Null where this is none of its
 * ticks (any more), or one not wanted.
 */
async function wantedTick(
  { tx }: Transition,
  frequencyId: number,
  at: Date,
  now: Date,
): Promise<WantedTick | "locked" | null> {
  const frequency = await tryLockFrequency(tx, frequencyId);
  if (frequency === "locked") return frequency;
  if (!frequency?.active || at < frequency.effectiveFrom) return null;
  if (tickAt(frequency, at).getTime() !== at.getTime()) return null;
  const newest = await selectNewestTick(tx, frequencyId, now);
  if (newest !== null && newest >= at) return null;
  return { frequency, at, missed: missedBefore(frequency, newest, at) };
}

/** A tick at the very instant from which the frequency counts is one that is missed. */
function missedBefore(frequency: FrequencyRow, newest: Date | null, at: Date): MissedTicks | null {
  const begunMs = frequency.effectiveFrom.getTime() - 1;
  const since = new Date(Math.max(begunMs, newest?.getTime() ?? begunMs));
  const missed = ticksBetween(frequency, since, at);
  if (!missed) return null;
  const { first, last, count } = missed;
  return { count, first: first.toISOString(), last: last.toISOString() };
}

async function assembleTick(
  { clouds }: Pick<Deps, "clouds">,
  transition: Transition,
  { frequency, at, missed }: WantedTick,
): Promise<Assembled> {
  const { tx } = transition;
  const frequencyId = frequency.id;
  const tables = await selectTablesToRun(tx, { frequencyId });
  if (tables.length === 0) {
    await recordEmptyTick(tx, frequencyId, at);
    return { kind: "nothing" };
  }
  const unfinished = await unfinishedRunOf(tx, frequencyId);
  if (unfinished !== null) {
    const awaited = await selectOnlyAwaited(tx, unfinished);
    const why = awaited.length === 0 ? "" : `: it waits for ${awaited.join(", ")}`;
    const reason = `run ${unfinished} of this frequency had not ended${why}`;
    const skipped = { reason, reasonCode: "overlap" as const };
    const runId = await recordSkippedTick(tx, { frequencyId, at, missed, ...skipped });
    await tellSlack(tx, { kind: "tickSkipped", runId, unfinishedRunId: unfinished });
    return { kind: "skipped", runId, ...skipped };
  }
  const runId = await insertRun(tx, {
    kind: "tick",
    frequencyId,
    tickAt: at,
    missed,
    startedBy: null,
    cloud: clouds.current(),
  });
  const tick = { at, frequency };
  const assembly = { runId, tables, tick, stagedObjects: new Map() };
  const taking = await assembleTableRuns(transition, assembly);
  if (taking > 0) return { kind: "started", runId };
  const skipped = {
    reason: "no table takes part at this tick: their conditions do not hold",
    reasonCode: "conditionFalse" as const,
  };
  await skipRun(tx, runId, skipped);
  return { kind: "skipped", runId, ...skipped };
}
