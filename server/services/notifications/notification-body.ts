import type { FieldSchema } from "../../../shared/table.ts";
import { type DueNotification, storeNotifiedSchema } from "../../db/notifications.ts";
import type { Deps } from "../deps.ts";

/** The same in all attempts, and for all receivers of one completion. */
export function eventIdOf(
  { instanceId }: Pick<Deps, "instanceId">,
  { tableRunId }: Pick<DueNotification, "tableRunId">,
): string {
  return `event_${instanceId}_${tableRunId}`;
}

/** What a receiver gets. URLs are signed anew for each attempt, as they live for a while only. */
export async function notificationBody(
  deps: Pick<Deps, "db" | "warehouse" | "objectStore" | "limits" | "instanceId">,
  due: DueNotification,
) {
  const { objectStore, limits } = deps;
  const extractUrls = await Promise.all(
    due.objects.map((name) => objectStore.signedReadUrl(name, limits.signedUrlSeconds)),
  );
  return {
    eventId: eventIdOf(deps, due),
    dataset: due.dataset,
    name: due.name,
    tableId: due.tableId,
    runId: due.runId,
    tableRunId: due.tableRunId,
    completedAt: due.completedAt,
    rowCount: due.rowCount,
    schema: await schemaOf(deps, due),
    extractUrl: extractUrls[0] ?? null,
    extractUrls,
  };
}

/** As it was at the first attempt; empty where the table was gone by then. */
async function schemaOf(
  { db, warehouse }: Pick<Deps, "db" | "warehouse">,
  { id, dataset, name, schema: stored }: DueNotification,
): Promise<FieldSchema[]> {
  if (stored) return stored;
  const schema = (await warehouse.getTable(dataset, name))?.schema ?? [];
  await storeNotifiedSchema(db, id, schema);
  return schema;
}
