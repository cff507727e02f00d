import type { Db } from "../../db/client.ts";
import { queueImports } from "../../db/transfers.ts";

/**
 * Asks for the imports of table runs, the most urgent first: queued transfers, or those of the last
 * attempt queued again, taken from the rooms that may run them still for a cancelled run. Call it in
 * the transaction that sets the table runs' step, and publish a `transfer` change after the commit; a
 * poll covers its loss.
 */
export async function enqueueImports(
  tx: Db,
  tableRuns: { id: number; tableId: number }[],
): Promise<void> {
  if (tableRuns.length > 0) await queueImports(tx, tableRuns);
}
