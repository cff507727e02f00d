import type { NotificationView } from "../../../shared/notification.ts";
import { type NotificationFilter, selectNotifications } from "../../db/notifications.ts";
import type { Deps } from "../deps.ts";
import { eventIdOf } from "./notification-body.ts";

/** The newest first. */
export async function listNotifications(
  deps: Pick<Deps, "db" | "instanceId">,
  filter: NotificationFilter,
): Promise<NotificationView[]> {
  const rows = await selectNotifications(deps.db, filter);
  return rows.map((row) => ({ ...row, eventId: eventIdOf(deps, row) }));
}
