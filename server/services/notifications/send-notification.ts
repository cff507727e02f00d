import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { NotificationAttempt, NotificationState } from "../../../shared/notification.ts";
import { sendGuarded } from "../../connectors/guarded-connection.ts";
import { type DueNotification, type Settled, settleNotification } from "../../db/notifications.ts";
import { tellSlack } from "../../db/outbox.ts";
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

/** Answers by which a receiver says that it takes it later; others than these below 500 are for good. */
const passing = new Set([408, 425, 429]);

type Outcome = Pick<NotificationAttempt, "status" | "answer" | "error"> & {
  retryAfterSeconds: number | null;
  /** The same will hardly be taken later. */
  isRefused: boolean;
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
  // Of one that was refused, the pauses of those refusals: it holds up those behind it no longer.
  const before = outcome.isRefused ? due.refusedCount : due.attempt - 1;
  const backoff = Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** before);
  const settled = await settle(deps, due, {
    ...outcome,
    at: now.toISOString(),
    durationMs: Math.max(0, now.getTime() - started),
    pauseSeconds: retryAfterSeconds ?? backoff * (0.5 + deps.random() / 2),
  });
  const state = settled?.state ?? null;
  if (outcome.error !== null) {
    const facts = { notification: due.id, table: due.tableId, attempt: due.attempt, state };
    deps.log.warn(facts, `a notification was not taken: ${outcome.error}`);
  }
  deps.changes.publish({ noun: "notification", id: due.id, tableId: due.tableId });
  return state;
}

/** What is given up is told to Slack with it: once, until the receiver has taken another. */
function settle(
  { db }: Pick<Deps, "db">,
  due: DueNotification,
  outcome: Parameters<typeof settleNotification>[2],
): Promise<Settled | null> {
  if (outcome.error === null) return settleNotification(db, due, outcome);
  return db.transaction(async (tx) => {
    const settled = await settleNotification(tx, due, outcome);
    if (settled?.isNews) await tellSlack(tx, { kind: "notTold", notificationId: due.id });
    return settled;
  });
}

async function attemptOf(
  deps: NotifyDeps,
  due: DueNotification,
  signal: AbortSignal,
): Promise<Outcome> {
  const none = { status: null, answer: "", retryAfterSeconds: null };
  const late: Record<string, string> = due.isLate ? { "maestro-late": "true" } : {};
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
      ...late,
    };
    const receipt = await sendGuarded(due.url, { body, headers }, { allowed, signal });
    const { status, headers: answered } = receipt;
    const answer = createScrub([secret])(receipt.excerpt).slice(0, answerLength).toWellFormed();
    const pauseMs = retryAfterMs(answered["retry-after"], answered["date"]);
    const isRefused = status >= 300 && status < 500 && !passing.has(status);
    const retryAfterSeconds = pauseMs === null || isRefused ? null : pauseMs / 1_000;
    return { status, answer, error: faultOf(status), retryAfterSeconds, isRefused };
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    // An address that is not allowed, or is none.
    const isRefused = error.code === "forbidden" || error.code === "invalidInput";
    return { ...none, error: messageOf(error), isRefused };
  }
}

function faultOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    return `it answered ${status}: redirects are not followed, so enter the address itself`;
  }
  return `it answered ${status}`;
}
