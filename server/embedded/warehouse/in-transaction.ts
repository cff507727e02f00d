import type { DuckDBConnection } from "@duckdb/node-api";
import type { Catalog } from "./catalog.ts";
import { WarehouseTransaction } from "./transaction.ts";

/** What `body` does and the catalog's changes with it are committed together, or nothing of them. */
export async function inTransaction<T>(
  { catalog }: { catalog: Catalog },
  connection: DuckDBConnection,
  isCancelled: () => boolean,
  body: (tx: WarehouseTransaction) => Promise<T> | T,
): Promise<T> {
  const tx = new WarehouseTransaction({ connection, catalog, now: new Date(), isCancelled });
  await connection.run("BEGIN TRANSACTION");
  try {
    const result = await body(tx);
    const changes = tx.ending();
    const last = [...tx.atCommit, ...catalog.recording(changes), "COMMIT"];
    await connection.run(last.join("; "));
    catalog.apply(changes);
    return result;
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
