import { MaestroError } from "../../../shared/errors.ts";
import type { SentAgain } from "../../../shared/notification.ts";
import { queueAgain, selectNotifications } from "../../db/notifications.ts";
import { assertMayWriteTable } from "../access/assert-may-write-table.ts";
import type { SignedIn } from "../access/principal.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/** Queues a notification once more, for a day, under the same event id and in its old place. */
export async function sendAgain(
  deps: Pick<Deps, "db" | "changes">,
  id: number,
  { principal, actor }: { principal: SignedIn; actor: Actor },
): Promise<SentAgain> {
  const [found] = await selectNotifications(deps.db, { id, limit: 1 });
  if (!found) throw new MaestroError("notFound", `there is no notification ${id}`);
  const { tableId, tableName, url } = found;
  await assertMayWriteTable(deps, principal, { id: tableId });
  const laterDelivered = await deps.db.transaction(async (tx) => {
    const later = await queueAgain(tx, id);
    await recordChange(tx, actor, {
      action: "notification.sendAgain",
      subjectKind: "table",
      subjectId: tableId,
      detail: {
        name: tableName,
        notification: id,
        host: URL.canParse(url) ? new URL(url).host : "",
      },
    });
    return later;
  });
  deps.changes.publish({ noun: "notification", id, tableId });
  return { id, laterDelivered };
}
