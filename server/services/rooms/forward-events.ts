import { messageOf } from "../../../shared/errors.ts";
import { postGuarded } from "../../connectors/guarded-connection.ts";
import { claimDueEvents, type DueEvent, settleEvent } from "../../db/room-events.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";

/*
 * Events of rooms and players go to the forwarders of their scheduler, at least once: claimed with a
 * lease, POSTed to each, and settled. Where one does not take an event all are told again, after a pause
 * that doubles from 10 s up to an hour, ten times in all; its id lets them know it again. What a killed
 * worker had claimed is another's when the lease is over. A forwarder may be a public address, or one
 * that an admin allows.
 */

const atOnce = 16;
const leaseSeconds = 120;
const mostAttempts = 10;
const firstPauseSeconds = 10;
const longestPauseSeconds = 3_600;

type Forwarding = Pick<Deps, "db" | "secretBox" | "givenSettings" | "log">;

/** Forwards all that is due. */
export async function forwardEvents(deps: Forwarding, signal: AbortSignal): Promise<void> {
  for (;;) {
    const due = await claimDueEvents(deps.db, { limit: atOnce, leaseSeconds });
    if (due.length === 0) return;
    const allowed = (await readSettings(deps, ["network.allowed"]))["network.allowed"] ?? [];
    await Promise.all(due.map((event) => forward(deps, event, { allowed, signal })));
    if (signal.aborted || due.length < atOnce) return;
  }
}

async function forward(
  deps: Forwarding,
  event: DueEvent,
  options: { allowed: readonly string[]; signal: AbortSignal },
): Promise<void> {
  const { urls, attempt, ...body } = event;
  const answers = await Promise.allSettled(urls.map((url) => postGuarded(url, body, options)));
  const [failed] = answers.filter((answer) => answer.status === "rejected");
  if (!failed) return settleEvent(deps.db, event.id, { error: null, againSeconds: null });
  const error = messageOf(failed.reason);
  const pause = Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** (attempt - 1));
  const againSeconds = attempt < mostAttempts ? pause : null;
  const facts = { scheduler: event.scheduler, event: event.id, attempt, againSeconds };
  deps.log.warn(facts, `an event was not forwarded: ${error}`);
  await settleEvent(deps.db, event.id, { error, againSeconds });
}
