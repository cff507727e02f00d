import { storeTableSize } from "../../db/jobs.ts";
import type { Deps } from "../deps.ts";
import type { DrivenJob } from "./driven-job.ts";

/** Asks BigQuery how large a table has become, and keeps it for the lists. */
export async function refreshTableSize(
  deps: Pick<Deps, "db" | "warehouse" | "changes">,
  { id, runId, tableId, definition }: DrivenJob["claim"],
): Promise<void> {
  const size = await deps.warehouse.getTable(definition.dataset, definition.name);
  if (!size) return;
  const { rowCount, bytes } = size;
  await storeTableSize(deps.db, { tableRunId: id, tableId, rowCount, bytes });
  deps.changes.publish({ noun: "table", id: tableId });
  deps.changes.publish({ noun: "tableRun", id, runId, tableId });
}
