import { changeWarehouse } from "./change-warehouse.ts";
import type { WarehouseContext } from "./context.ts";
import { keptMs } from "./contract.ts";
import { type TableVersion, tableKey } from "./documents.ts";
import { keptBytes } from "./history.ts";

/** Forgets former states of tables that ended long ago, and the oldest where they are too large. */
export async function sweepHistory(
  context: WarehouseContext,
  now: number,
  limits: { ms: number; bytes: number } = { ms: keptMs, bytes: keptBytes },
): Promise<void> {
  const all = context.catalog.history.all().sort((a, b) => b.until - a.until);
  const gone: TableVersion[] = [];
  const counted = new Set<string>();
  let bytes = 0;
  for (const version of all) {
    const { relation } = version.document;
    const isOld = version.until < now - limits.ms;
    if (!isOld && bytes <= limits.bytes && !counted.has(relation)) {
      counted.add(relation);
      bytes += await bytesOf(context, version);
    }
    if (isOld || bytes > limits.bytes) gone.push(version);
  }
  for (const versions of Map.groupBy(gone, ({ document }) => tableKey(document.name)).values()) {
    await forget(context, versions);
  }
}

/** Those of one table. */
async function forget(context: WarehouseContext, versions: TableVersion[]): Promise<void> {
  const name = versions[0]?.document.name;
  if (!name) return;
  const untils = new Set(versions.map(({ until }) => until));
  await changeWarehouse(context, [name], (tx) => {
    for (const { until } of context.catalog.history.of(name)) {
      if (untils.has(until)) tx.changes.push({ kind: "version", name, until, document: null });
    }
  });
}

/** What the first rows of the live table are, is there anyway. */
async function bytesOf(context: WarehouseContext, version: TableVersion): Promise<number> {
  const { document, rows } = version;
  const live = context.catalog.table(document.name);
  if (rows !== null && live?.relation === document.relation) return 0;
  return (await context.statistics.of(document)).bytes;
}
