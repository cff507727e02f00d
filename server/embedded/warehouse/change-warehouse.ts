import type { WarehouseContext } from "./context.ts";
import type { TableName } from "./contract.ts";
import { tableKey } from "./documents.ts";
import { inTransaction } from "./in-transaction.ts";
import type { WarehouseTransaction } from "./transaction.ts";

/** A change that is no job's: one transaction, alone on its tables. */
export async function changeWarehouse<T>(
  context: WarehouseContext,
  tables: TableName[],
  body: (tx: WarehouseTransaction) => Promise<T> | T,
): Promise<T> {
  const { database, locks } = context;
  const unlock = await locks.take(tables.map(tableKey));
  try {
    return await database.use((connection) =>
      inTransaction(context, connection, () => false, body),
    );
  } finally {
    unlock();
  }
}
