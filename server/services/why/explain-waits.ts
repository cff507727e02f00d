import type { Reason } from "../../../shared/run.ts";
import { selectWaitFacts } from "../../db/wait-facts.ts";
import { waitReason } from "../../domain/wait-reason.ts";
import type { Deps } from "../deps.ts";

/**
 * What unfinished table runs wait for, by their ids; those that wait for nothing are not among them.
 * One statement for all, worked out at reading: nothing is written while something waits. The limits
 * are this process's, which are those of the daemons where all have the same settings.
 */
export async function explainWaits(
  deps: Pick<Deps, "db" | "limits">,
  which: { runId: number } | { ids: number[] },
): Promise<Map<number, Reason>> {
  if ("ids" in which && which.ids.length === 0) return new Map();
  const waits = new Map<number, Reason>();
  for (const facts of await selectWaitFacts(deps.db, which)) {
    const reason = waitReason(facts, deps.limits);
    if (reason) waits.set(facts.id, reason);
  }
  return waits;
}
