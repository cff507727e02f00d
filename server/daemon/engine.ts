import { settleLeftPreviews } from "../services/catalog/settle-left-previews.ts";
import type { Deps } from "../services/deps.ts";
import { forgetNotifications } from "../services/notifications/take-notifications.ts";
import { forgetOldRooms } from "../services/rooms/forget-old-rooms.ts";
import { forwardEvents } from "../services/rooms/forward-events.ts";
import { forgetOldRuns } from "../services/runs/forget-old-runs.ts";
import { showPresence } from "../services/runs/show-presence.ts";
import { sweepBucket } from "../services/runs/sweep-bucket.ts";
import { forgetRetiredCredentials } from "../services/settings/forget-retired-credentials.ts";
import { watchBudget } from "../services/slack/watch-budget.ts";
import { watchDigest } from "../services/slack/watch-digest.ts";
import { watchLateRuns } from "../services/slack/watch-late-runs.ts";
import { startLoop } from "../support/loop.ts";
import { startCommitter } from "./committer.ts";
import { startDispatcher } from "./dispatcher.ts";
import { startMessenger } from "./messenger.ts";
import { startNotifier } from "./notifier.ts";
import { startSizeRefresher } from "./size-refresher.ts";
import { startStagedCleaner } from "./staged-cleaner.ts";
import { startTicker } from "./ticker.ts";

const presenceMs = 500;
const forwardMs = 1_000;
const budgetMs = 600_000;
const clockMs = 60_000;
const previewsMs = 600_000;
const retentionMs = 3_600_000;

export interface Engine {
  /** What it would leave to others if it ended now, such as `table run 7`. */
  holding(): string[];
  /** Takes nothing new, and hands back what it holds. */
  stop(): Promise<void>;
}

/** The loops that make runs out of ticks and jobs out of runs. Start one a daemon. */
export function startEngine(deps: Deps): Engine {
  const runner = startRunner(deps);
  const ticker = startTicker(deps);
  const messenger = startMessenger(deps);
  const notifier = startNotifier(deps);
  const committer = startCommitter(deps);
  const forwarder = startLoop({
    name: "forwarder",
    log: deps.log,
    isUnbounded: true,
    periodMs: forwardMs,
    body: (signal) => forwardEvents(deps, signal),
  });
  const budget = startLoop({
    name: "budget",
    log: deps.log,
    periodMs: budgetMs,
    body: () => watchBudget(deps),
  });
  const clock = startLoop({
    name: "late runs and digest",
    log: deps.log,
    periodMs: clockMs,
    async body() {
      await watchLateRuns(deps);
      await watchDigest(deps);
    },
  });
  return {
    holding: runner.holding,
    async stop() {
      const tellers = [forwarder, committer, budget, clock];
      await Promise.all([ticker.stop(), ...tellers.map((loop) => loop.stop())]);
      await runner.stop();
      await Promise.all([messenger.stop(), notifier.stop()]);
    },
  };
}

/** The same without the ticks: it works off the runs that others make. */
export function startRunner(deps: Deps): Engine {
  const presence = startLoop({
    name: "presence",
    log: deps.log,
    periodMs: presenceMs,
    body: (signal) => showPresence(deps, signal),
  });
  const unsubscribe = deps.changes.subscribe(({ noun, id }) => {
    // PostgreSQL is back: the others would take for dead whoever is not to be seen for long.
    if (noun === "run" && id === null) presence.wake();
  });
  const sizes = startSizeRefresher(deps);
  const cleaner = startStagedCleaner(deps);
  const retention = startLoop({
    name: "retention",
    log: deps.log,
    isUnbounded: true,
    periodMs: retentionMs,
    body: async (signal) => {
      await forgetOldRuns(deps, signal);
      await forgetOldRooms(deps);
      await forgetRetiredCredentials(deps);
      await forgetNotifications(deps);
    },
  });
  const previews = startLoop({
    name: "previews",
    log: deps.log,
    isUnbounded: true,
    periodMs: previewsMs,
    body: (signal) => settleLeftPreviews(deps, signal),
  });
  const sweeper = startLoop({
    name: "bucket",
    log: deps.log,
    isUnbounded: true,
    periodMs: retentionMs,
    body: async (signal) => {
      await sweepBucket(deps, signal);
    },
  });
  const dispatcher = startDispatcher(deps, {
    onAdvance: ({ succeeded, hasLoaded }) => {
      for (const tableRun of succeeded) sizes.add(tableRun);
      if (hasLoaded) cleaner.wake();
    },
  });
  return {
    holding: () => dispatcher.holding().map((id) => `table run ${id}`),
    async stop() {
      unsubscribe();
      await dispatcher.stop();
      const loops = [cleaner, sizes, presence, previews, retention, sweeper];
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
