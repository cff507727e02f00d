import {
  claimDueNotifications,
  type DueNotification,
  forgetNotifications as forget,
} from "../../db/notifications.ts";
import type { Deps } from "../deps.ts";

/** Sent at once by one process, and to one host by all of them: some that hang leave place for the rest. */
export const mostAtOnce = 16;
const mostPerHost = 4;
/** Longer than an attempt may take. */
const leaseSeconds = 60;
const keptDays = 30;

/** Takes as many that are due as there is place for. */
export function takeDueNotifications(
  { db }: Pick<Deps, "db">,
  places: number,
): Promise<DueNotification[]> {
  return claimDueNotifications(db, { limit: places, perHost: mostPerHost, leaseSeconds });
}

/** Deletes the records of what ended long ago. */
export function forgetNotifications({ db }: Pick<Deps, "db">): Promise<void> {
  return forget(db, keptDays);
}
