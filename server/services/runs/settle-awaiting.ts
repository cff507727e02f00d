import { endWaits, type WaitsFor } from "../../db/awaited-ticks.ts";
import { type Settled, skipDescendants } from "../../db/settlements.ts";
import type { Transition } from "../../db/transition.ts";
import { endRuns } from "./settle-table-runs.ts";

export type { WaitsFor };

/**
 * Looks after the table runs that wait for ticks of other frequencies: after those concerned, or after
 * all.
 */
export async function settleAwaiting(
  transition: Transition,
  which: WaitsFor | null,
): Promise<{ moved: Settled[]; endedRuns: number[] }> {
  const ended = await endWaits(transition, which);
  const failed = ended.filter(({ state }) => state === "failed");
  if (failed.length === 0) return { moved: ended, endedRuns: [] };
  const failedIds = failed.map(({ id }) => id);
  const skipped = await skipDescendants(transition, failedIds);
  const endedRuns = await endRuns(transition, failed);
  return { moved: [...ended, ...skipped], endedRuns };
}
