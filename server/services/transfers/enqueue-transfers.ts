import type { Db } from "../../db/client.ts";
import { queueTransfers } from "../../db/transfers.ts";

/**
 * Asks for the transfers that table runs have come to as their step, the most urgent first: queued, or
 * those of the last attempt queued again, taken from the rooms that may run them still for a cancelled
 * run. Call it in the transaction that sets the step, and publish a `transfer` change after the commit;
 * a poll covers its loss.
 */
export async function enqueueTransfers(tx: Db, tableRuns: { id: number }[]): Promise<void> {
  if (tableRuns.length > 0) await queueTransfers(tx, tableRuns);
}
