import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { NotificationAttempt, NotificationState } from "../../../shared/notification.ts";
import { sendGuarded } from "../../connectors/guarded-connection.ts";
import { type DueNotification, settleNotification } from "../../db/notifications.ts";
import { retryAfterMs } from "../../support/retry-after.ts";
import { createScrub } from "../../support/scrub.ts";
import { signBody } from "../../support/sign-body.ts";
import type { Deps } from "../deps.ts";
import { inCloud } from "../settings/in-cloud.ts";
import { readSettings } from "../settings/read-settings.ts";
import { eventIdOf, notificationBody } from "./notification-body.ts";
import { notificationSecret } from "./notification-secret.ts";

export type NotifyDeps = Pick<
  Deps,
  | "db"
  | "secretBox"
  | "givenSettings"
  | "warehouse"
  | "objectStore"
  | "clouds"
  | "limits"
  | "instanceId"
  | "changes"
  | "log"
  | "now"
  | "random"
>;

const firstPauseSeconds = 5;
const longestPauseSeconds = 3_600;
const answerLength = 500;

type Outcome = Pick<NotificationAttempt, "status" | "answer" | "error"> & {
  retryAfterSeconds: number | null;
};

/** One attempt, from its body to the record of how it ended. */
export async function sendNotification(
  deps: NotifyDeps,
  due: DueNotification,
  signal: AbortSignal,
): Promise<NotificationState | null> {
  const started = deps.now().getTime();
  const { retryAfterSeconds, ...outcome } = await attemptOf(deps, due, signal);
  // A process that stops has told nobody anything about the receiver.
  if (signal.aborted && outcome.error !== null) return null;
  const now = deps.now();
  const backoff = Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** (due.attempt - 1));
  const state = await settleNotification(deps.db, due, {
    ...outcome,
    at: now.toISOString(),
    durationMs: Math.max(0, now.getTime() - started),
    pauseSeconds: retryAfterSeconds ?? backoff * (0.5 + deps.random() / 2),
  });
  if (outcome.error !== null) {
    const facts = { notification: due.id, table: due.tableId, attempt: due.attempt, state };
    deps.log.warn(facts, `a notification was not taken: ${outcome.error}`);
  }
  deps.changes.publish({ noun: "notification", id: due.id, tableId: due.tableId });
  return state;
}

async function attemptOf(
  deps: NotifyDeps,
  due: DueNotification,
  signal: AbortSignal,
): Promise<Outcome> {
  const none = { status: null, answer: "", retryAfterSeconds: null };
  try {
    const body = JSON.stringify(await notificationBody(inCloud(deps, due.cloud), due));
    const secret = await notificationSecret(deps, due.tableId);
    const allowed = (await readSettings(deps, ["network.allowed"]))["network.allowed"] ?? [];
    const headers = {
      "content-type": "application/json",
      "user-agent": "Maestro",
      "maestro-event-id": eventIdOf(deps, due),
      "maestro-attempt": String(due.attempt),
      "maestro-signature": signBody(secret, body, deps.now()),
    };
    const receipt = await sendGuarded(due.url, { body, headers }, { allowed, signal });
    const { status, headers: answered } = receipt;
    const answer = createScrub([secret])(receipt.excerpt).slice(0, answerLength).toWellFormed();
    const pauseMs = retryAfterMs(answered["retry-after"], answered["date"]);
    const retryAfterSeconds = pauseMs === null ? null : pauseMs / 1_000;
    return { status, answer, error: faultOf(status), retryAfterSeconds };
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    return { ...none, error: messageOf(error) };
  }
}

function faultOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    return `it answered ${status}: redirects are not followed, so enter the address itself`;
  }
  return `it answered ${status}`;
}
