import { type Loop, startLoop } from "../../support/loop.ts";
import { changeWarehouse } from "./change-warehouse.ts";
import { loadUploadsBucket, type WarehouseContext } from "./context.ts";
import { expiredCondition } from "./partitions.ts";
import { sweepHistory } from "./sweep-history.ts";

/** Removes what has expired or is no longer needed, every minute. */
export function startSweeper(context: WarehouseContext): Loop {
  return startLoop({
    name: "sweep of the warehouse",
    log: context.log,
    periodMs: 60_000,
    body: () => sweep(context, Date.now()),
  });
}

export async function sweep(context: WarehouseContext, now: number): Promise<void> {
  const expired = context.catalog.expired(now).map((table) => table.name);
  if (expired.length > 0) {
    await changeWarehouse(context, expired, (tx) => {
      for (const name of expired) tx.removeTable(name);
    });
  }
  for (const { name } of context.catalog.allTables()) await sweepPartitions(context, name, now);
  await sweepHistory(context, now);
  await sweepLoadUploads(context, now);
  await context.catalog.compact();
  await context.jobs.forgetOld();
}

const unclaimedUploadMs = 3_600_000;

/** Files that came with load jobs which are done, or which were never accepted. */
async function sweepLoadUploads(context: WarehouseContext, now: number): Promise<void> {
  for (const object of context.objects.listIfAny(loadUploadsBucket)) {
    const [projectId = "", jobId = ""] = object.name.split("/");
    const job = context.jobs.get(projectId, jobId);
    const isUnclaimed = !job && now - Date.parse(object.createdAt) > unclaimedUploadMs;
    if (job?.state === "DONE" || isUnclaimed) {
      await context.objects.remove(loadUploadsBucket, object.name);
    }
  }
}

async function sweepPartitions(
  context: WarehouseContext,
  name: Parameters<WarehouseContext["catalog"]["table"]>[0],
  now: number,
): Promise<void> {
  const before = context.catalog.table(name);
  const condition = before?.partitioning && expiredCondition(before.partitioning, now);
  if (!before || !condition) return;
  const [row] = await context.database.rows(
    `SELECT 1 FROM ${before.relation} WHERE ${condition} LIMIT 1`,
  );
  if (!row) return;
  await changeWarehouse(context, [name], async (tx) => {
    const table = tx.table(name);
    if (!table) return;
    await tx.beforeChange(table, "changes");
    const { rowsChanged } = await tx.run(`DELETE FROM ${table.relation} WHERE ${condition}`);
    if (rowsChanged > 0) tx.setTable({ ...table, modifiedAt: tx.now.getTime() });
  });
}
