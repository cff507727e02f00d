import type { RunState, TableRunState } from "../../shared/run.ts";

/**
 * Who moves a table run where:
 *   waiting → ready      the success of its last parent, or the tick it awaited
 *   waiting → skipped    the failure of an ancestor
 *   waiting → failed     a tick that it awaits and that failed, or did not come in time
 *   ready → running      the dispatcher's claim
 *   running → succeeded | failed    the end of its last step, or of the step that failed
 *   waiting, ready, running → cancelled    a person
 *   failed, cancelled, skipped → waiting, ready    resume (never from succeeded)
 *   failed, cancelled → skipped    resume, where the table was deleted
 *
 * The engine moves rows by SQL; tests that log its moves hold each of them to this table.
 */
const moves: Record<TableRunState, readonly TableRunState[]> = {
  waiting: ["ready", "skipped", "failed", "cancelled"],
  ready: ["running", "cancelled"],
  running: ["succeeded", "failed", "cancelled"],
  succeeded: [],
  failed: ["waiting", "ready", "skipped"],
  skipped: ["waiting", "ready"],
  cancelled: ["waiting", "ready", "skipped"],
};

export function mayMove(from: TableRunState, to: TableRunState): boolean {
  return moves[from].includes(to);
}

/**
 * How a run ends, or null while it goes on. A table kept out by its conditions is skipped from the
 * start and counts for nothing; a descendant is skipped only where something failed.
 */
export function runOutcome(counts: Partial<Record<TableRunState, number>>): RunState | null {
  const has = (state: TableRunState) => (counts[state] ?? 0) > 0;
  if (has("waiting") || has("ready") || has("running")) return null;
  if (has("cancelled")) return "cancelled";
  return has("failed") ? "failed" : "succeeded";
}
