import type { Db } from "../../db/client.ts";
import { insertTransfer } from "../../db/transfers.ts";

/**
 * Asks for the import of a table run: a queued transfer, or the one of its last attempt queued
 * again, taken from the room that may run it still for a cancelled run. Call it in the transaction
 * that sets the table run's step, and publish a `transfer` change after the commit; a poll covers
 * its loss.
 */
export async function enqueueImport(
  tx: Db,
  tableRun: { id: number; tableId: number },
): Promise<void> {
  await insertTransfer(tx, { tableRunId: tableRun.id, tableId: tableRun.tableId, kind: "import" });
}
