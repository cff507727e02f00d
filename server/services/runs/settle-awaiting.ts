import { failAwaiting, releaseAwaiting } from "../../db/awaited-ticks.ts";
import { type Settled, skipDescendants } from "../../db/settlements.ts";
import type { Transition } from "../../db/transition.ts";
import { endRuns } from "./settle-table-runs.ts";

/** Looks after the table runs that wait for ticks of other frequencies. */
export async function settleAwaiting(
  transition: Transition,
): Promise<{ moved: Settled[]; endedRuns: number[] }> {
  const released = await releaseAwaiting(transition);
  const failed = await failAwaiting(transition);
  if (failed.length === 0) return { moved: released, endedRuns: [] };
  const failedIds = failed.map(({ id }) => id);
  const skipped = await skipDescendants(transition, failedIds);
  const endedRuns = await endRuns(transition, failed);
  return { moved: [...released, ...failed, ...skipped], endedRuns };
}
