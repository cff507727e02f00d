import { insertNotifications } from "../../db/notifications.ts";
import type { Settled, Settlement } from "../../db/settlements.ts";
import type { Transition } from "../../db/transition.ts";
import type { DrivenJob } from "../jobs/driven-job.ts";

interface Ended {
  settlement: Settlement;
  /** Null where it was parked, and its definition is not at hand. */
  driven: Pick<DrivenJob, "claim"> | null;
}

/**
 * Queues the notifications of table runs that have succeeded, in the same commit. Most tables have none,
 * and cost nothing here.
 */
export async function notifyCompletion(
  transition: Transition,
  ended: Ended[],
  written: ReadonlyMap<number, Settled>,
): Promise<void> {
  const ids = ended.flatMap(({ settlement: { tableRunId, state }, driven }) => {
    // Definitions of an older version have no such field.
    const urls: readonly string[] | undefined = driven?.claim.definition.notifyUrls;
    const isTold = driven === null || (urls?.length ?? 0) > 0;
    return state === "succeeded" && isTold && written.has(tableRunId) ? [tableRunId] : [];
  });
  if (ids.length > 0) await insertNotifications(transition, ids);
}
