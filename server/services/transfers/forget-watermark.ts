import { eq } from "drizzle-orm";
import { tables } from "../../../drizzle/schema/tables.ts";
import type { Db } from "../../db/client.ts";

/**
 * Has the table's next import take all rows and replace what is there. Call it in the transaction
 * that records why.
 */
export async function forgetWatermark(tx: Db, tableId: number): Promise<void> {
  await tx.update(tables).set({ lastId: null, importedAt: null }).where(eq(tables.id, tableId));
}
