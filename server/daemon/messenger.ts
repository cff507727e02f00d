import type { Deps } from "../services/deps.ts";
import { deliverAllNews } from "../services/slack/deliver-news.ts";
import { type Loop, startLoop } from "../support/loop.ts";

/** Covers what was put off, and news whose word was lost. */
const periodMs = 5_000;

/** Tells Slack what is in the outbox, in order. */
export function startMessenger(deps: Deps): Loop {
  const loop = startLoop({
    name: "messenger",
    log: deps.log,
    isUnbounded: true,
    periodMs,
    body: (signal) => deliverAllNews(deps, signal),
  });
  const wakes = new Set<string>(["run", "user", "frequency", "setting"]);
  const unsubscribe = deps.changes.subscribe(({ noun }) => {
    if (wakes.has(noun)) loop.wake();
  });
  return {
    wake: loop.wake,
    async stop() {
      unsubscribe();
      await loop.stop();
    },
  };
}
