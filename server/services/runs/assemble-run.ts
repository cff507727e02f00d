import type { RunReasonCode } from "../../../shared/run.ts";
import type { FrequencyRow } from "../../db/frequencies.ts";
import {
  insertRun,
  lockFrequency,
  selectTablesToRun,
  unfinishedRunOf,
} from "../../db/run-assembly.ts";
import {
  isTickPast,
  recordEmptyTick,
  recordSkippedTick,
  selectOnlyAwaited,
  skipRun,
} from "../../db/ticks.ts";
import { inTransaction, type Transition } from "../../db/transition.ts";
import { tickAt } from "../../domain/frequency.ts";
import type { Deps } from "../deps.ts";
import { assembleTableRuns } from "./assemble-table-runs.ts";

export type Assembled =
  | { kind: "started"; runId: number }
  | { kind: "skipped"; runId: number; reason: string; reasonCode: RunReasonCode }
  /** Another daemon was first with it or a newer one, the frequency changed, or it has no tables. */
  | { kind: "nothing" };

/**
 * Records a tick of a frequency, in one transaction and exactly once, however many daemons see it:
 * as a run with its table runs; or as a skipped run, where the one before has not ended or no table
 * takes part. The first of these is an alert: a line of the log at `warn` that says so, and the run's
 * `reasonCode`.
 */
export async function assembleRun(
  deps: Pick<Deps, "pool" | "changes" | "log" | "now">,
  frequencyId: number,
  at: Date,
): Promise<Assembled> {
  const now = deps.now();
  const { assembled, name } = await inTransaction(deps.pool, async (transition) => {
    const frequency = await frequencyAt(transition, frequencyId, at, now);
    if (!frequency) return { assembled: { kind: "nothing" as const }, name: "" };
    return { assembled: await assembleTick(transition, frequency, at), name: frequency.name };
  });
  if (assembled.kind === "nothing") return assembled;
  const facts = { frequencyId, tickAt: at, ...assembled };
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

/** Locked; null where this is none of its ticks (any more), or one that is not wanted. */
async function frequencyAt(
  { tx }: Transition,
  frequencyId: number,
  at: Date,
  now: Date,
): Promise<FrequencyRow | null> {
  const frequency = await lockFrequency(tx, frequencyId);
  if (!frequency?.active || at < frequency.effectiveFrom) return null;
  if (tickAt(frequency, at).getTime() !== at.getTime()) return null;
  return (await isTickPast(tx, frequencyId, at, now)) ? null : frequency;
}

async function assembleTick(
  transition: Transition,
  frequency: FrequencyRow,
  at: Date,
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
    const runId = await recordSkippedTick(tx, { frequencyId, at, ...skipped });
    return { kind: "skipped", runId, ...skipped };
  }
  const runId = await insertRun(tx, { kind: "tick", frequencyId, tickAt: at, startedBy: null });
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
