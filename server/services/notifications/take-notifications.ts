import {
  claimDueNotifications,
  type DueNotification,
  forgetNotifications as forget,
} from "../../db/notifications.ts";
import type { Deps } from "../deps.ts";

/** Sent at once by one process, and to one host by all of them: some that hang leave place for the rest. */
const mostAtOnce = 16;
const mostPerHost = 4;
/** Of a process' places, for hosts at which an attempt has failed. */
const mostTroubled = 8;
/** Longer than an attempt may take. */
const leaseSeconds = 60;
const keptDays = 30;

/** Takes as many that are due as there is place for beside those that this process has under way. */
export async function takeDueNotifications(
  { db }: Pick<Deps, "db">,
  underWay: readonly Pick<DueNotification, "isTroubled">[],
): Promise<DueNotification[]> {
  const limit = mostAtOnce - underWay.length;
  const troubled = underWay.filter(({ isTroubled }) => isTroubled).length;
  const troubledLimit = Math.max(0, mostTroubled - troubled);
  if (limit <= 0) return [];
  return claimDueNotifications(db, { limit, troubledLimit, perHost: mostPerHost, leaseSeconds });
}

/** Deletes the records of what ended long ago. */
export function forgetNotifications({ db }: Pick<Deps, "db">): Promise<void> {
  return forget(db, keptDays);
}
