import { changeWarehouse } from "./change-warehouse.ts";
import type { WarehouseContext } from "./context.ts";
import { keptMs } from "./contract.ts";
import type { TableVersion } from "./documents.ts";
import { keptBytes } from "./history.ts";

/** Forgets former states of tables that ended long ago, and the oldest where they are too large. */
export async function sweepHistory(
  context: WarehouseContext,
  now: number,
  limits: { ms: number; bytes: number } = { ms: keptMs, bytes: keptBytes },
): Promise<void> {
  const all = context.catalog.history.all().sort((a, b) => b.until - a.until);
  const gone: TableVersion[] = [];
  let bytes = 0;
  for (const version of all) {
    if (version.until >= now - limits.ms && bytes <= limits.bytes) {
      bytes += await bytesOf(context, version);
    }
    if (version.until < now - limits.ms || bytes > limits.bytes) gone.push(version);
  }
  for (const { document, until } of gone) {
    await changeWarehouse(context, [document.name], (tx) => {
      const isThere = context.catalog.history
        .of(document.name)
        .some((version) => version.until === until);
      if (isThere) tx.changes.push({ kind: "version", name: document.name, until, document: null });
    });
  }
}

/** What the first rows of the live table are, is there anyway. */
async function bytesOf(context: WarehouseContext, version: TableVersion): Promise<number> {
  const { document, rows } = version;
  const live = context.catalog.table(document.name);
  if (rows !== null && live?.relation === document.relation) return 0;
  return (await context.statistics.of(document)).bytes;
}
