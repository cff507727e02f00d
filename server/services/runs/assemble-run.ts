import {
  insertRun,
  isTickPast,
  lockFrequency,
  selectTablesToRun,
  unfinishedRunOf,
} from "../../db/run-assembly.ts";
import { inTransaction, type Transition } from "../../db/transition.ts";
import { tickAt } from "../../domain/frequency.ts";
import type { Deps } from "../deps.ts";
import { assembleTableRuns } from "./assemble-table-runs.ts";

export type Assembled =
  | { kind: "started"; runId: number }
  | { kind: "skipped"; runId: number; reason: string }
  /** Another daemon was first with it or a newer one, the frequency changed, or it has no tables. */
  | { kind: "nothing" };

/**
 * Records a tick of a frequency, in one transaction and exactly once, however many daemons see it:
 * as a run with its table runs; or as a skipped run, where the one before has not ended or no table
 * takes part.
 */
export async function assembleRun(
  deps: Pick<Deps, "pool" | "changes" | "log">,
  frequencyId: number,
  at: Date,
): Promise<Assembled> {
  const assembled = await inTransaction(deps.pool, (transition) =>
    assembleTick(transition, frequencyId, at),
  );
  if (assembled.kind === "nothing") return assembled;
  const { runId } = assembled;
  deps.log.info({ frequencyId, tickAt: at, ...assembled }, `a tick was ${assembled.kind}`);
  deps.changes.publish({ noun: "run", id: runId, runId });
  return assembled;
}

async function assembleTick(
  transition: Transition,
  frequencyId: number,
  at: Date,
): Promise<Assembled> {
  const { tx } = transition;
  const frequency = await lockFrequency(tx, frequencyId);
  const isTick = frequency?.active && tickAt(frequency, at).getTime() === at.getTime();
  if (!isTick || (await isTickPast(tx, frequencyId, at))) return { kind: "nothing" };
  const tables = await selectTablesToRun(tx, { frequencyId });
  if (tables.length === 0) return { kind: "nothing" };

  const run = { kind: "tick" as const, frequencyId, tickAt: at, startedBy: null };
  const unfinished = await unfinishedRunOf(tx, frequencyId);
  if (unfinished !== null) {
    const reason = `run ${unfinished} of this frequency had not ended`;
    const ended = { state: "skipped" as const, endedAt: new Date(), reason };
    return { kind: "skipped", runId: await insertRun(tx, { ...run, ...ended }), reason };
  }
  const runId = await insertRun(tx, run);
  const tick = { at, frequency };
  const assembly = { runId, tables, tick, stagedObjects: new Map() };
  const taking = await assembleTableRuns(transition, assembly);
  if (taking > 0) return { kind: "started", runId };
  const reason = "no table takes part at this tick: their conditions do not hold";
  await transition.query(
    "skip run",
    "update runs set state = 'skipped', reason = $2, ended_at = clock_timestamp() where id = $1",
    [runId, reason],
  );
  return { kind: "skipped", runId, reason };
}
