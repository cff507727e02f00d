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
  const now = new Date();
  const tx = new WarehouseTransaction({ connection, catalog, now, isCancelled, isBegun: false });
  try {
    const result = await body(tx);
    const changes = tx.ending();
    await tx.commit([...tx.atCommit, ...catalog.recording(changes)]);
    catalog.apply(changes);
    return result;
  } catch (error) {
    await tx.rollback().catch(() => undefined);
    throw error;
  }
}
