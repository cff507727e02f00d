import type { WarehouseContext } from "./context.ts";
import type { TableName } from "./contract.ts";
import { tableKey } from "./documents.ts";
import { WarehouseTransaction } from "./transaction.ts";

/** A change that is no job's: one transaction, alone on its tables. */
export async function changeWarehouse<T>(
  context: WarehouseContext,
  tables: TableName[],
  body: (tx: WarehouseTransaction) => Promise<T> | T,
): Promise<T> {
  const { catalog, database, locks } = context;
  const unlock = await locks.take(tables.map(tableKey));
  try {
    return await database.use(async (connection) => {
      const isCancelled = () => false;
      const tx = new WarehouseTransaction({ connection, catalog, now: new Date(), isCancelled });
      await connection.run("BEGIN TRANSACTION");
      try {
        const result = await body(tx);
        await catalog.record(connection, tx.changes);
        await connection.run("COMMIT");
        catalog.apply(tx.changes);
        return result;
      } catch (error) {
        await connection.run("ROLLBACK").catch(() => undefined);
        throw error;
      }
    });
  } finally {
    unlock();
  }
}
