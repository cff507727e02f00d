import { and, eq, sql } from "drizzle-orm";
import { tables } from "../../../drizzle/schema/tables.ts";
import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import type { Db } from "../../db/client.ts";

/**
 * Moves the table's watermark: call it in the transaction that records the load job's success, so
 * that a crash leaves both or neither. The watermark moves only from where the import found it: a
 * reimport that was asked for meanwhile (watermark emptied) stays asked for. Remove the staged
 * objects after the commit (`removeStagedObjects`).
 */
export async function finishImport(
  tx: Db,
  tableRun: { tableId: number },
  transfer: { result: TransferResult },
): Promise<void> {
  const { lastId, fromLastId } = transfer.result;
  await tx
    .update(tables)
    .set({ importedAt: sql`clock_timestamp()` })
    .where(eq(tables.id, tableRun.tableId));
  if (lastId === null) return;
  await tx
    .update(tables)
    .set({ lastId })
    .where(
      and(
        eq(tables.id, tableRun.tableId),
        sql`${tables.lastId} is not distinct from ${fromLastId}`,
      ),
    );
}
