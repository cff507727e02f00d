import { messageOf } from "../../shared/errors.ts";
import type { Deps } from "../services/deps.ts";
import { sendNotification } from "../services/notifications/send-notification.ts";
import { takeDueNotifications } from "../services/notifications/take-notifications.ts";
import { type Loop, startLoop } from "../support/loop.ts";

/** Covers what was put off, and words that were lost. */
const periodMs = 1_000;

/**
 * Tells receivers of completed tables. It waits for none of them: each that ends makes place for the
 * next that is due. What cannot be recorded is sent again by whoever finds its lease over.
 */
export function startNotifier(deps: Deps): Loop {
  const stopping = new AbortController();
  const underWay = new Map<Promise<void>, { isTroubled: boolean }>();
  const loop = startLoop({
    name: "notifier",
    log: deps.log,
    periodMs,
    async body(signal) {
      if (signal.aborted) return;
      for (const due of await takeDueNotifications(deps, [...underWay.values()])) {
        const sending = sendNotification(deps, due, stopping.signal)
          .then(() => undefined)
          .catch((error: unknown) => {
            const facts = { notification: due.id, err: error };
            deps.log.error(facts, `a notification was left: ${messageOf(error)}`);
          })
          .finally(() => {
            underWay.delete(sending);
            loop.wake();
          });
        underWay.set(sending, due);
      }
    },
  });
  const wakes = new Set<string>(["tableRun", "run", "notification", "setting"]);
  const unsubscribe = deps.changes.subscribe(({ noun }) => {
    if (wakes.has(noun)) loop.wake();
  });
  return {
    wake: loop.wake,
    async stop() {
      unsubscribe();
      stopping.abort();
      await loop.stop();
      await Promise.all(underWay.keys());
    },
  };
}
