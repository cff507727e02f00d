import type { QueryClient } from "@tanstack/solid-query";
import { createSignal, onCleanup } from "solid-js";
import type { ChangeEvent } from "../../shared/event.ts";
import { isSignedOut } from "../api-error.ts";
import { api } from "../trpc.ts";

/** The queries that a change of a noun makes stale, by the first part of their keys. */
const staleBy: Record<ChangeEvent["noun"], string[]> = {
  table: ["tables", "tableNames", "table", "lineage", "home"],
  run: ["runs", "run", "home", "tables", "table", "costs"],
  tableRun: ["run", "runs", "tables", "table", "lineage", "home"],
  job: ["run", "table", "costs"],
  transfer: ["transfers", "run"],
  notification: ["notifications"],
  frequency: ["frequencies", "tables"],
  database: ["databases"],
  demo: ["demo", "home", "frequencies", "databases"],
  user: ["users", "groups", "me", "allTokens"],
  group: ["groups", "users", "me", "tables", "table"],
  token: ["tokens", "allTokens", "users"],
  setting: ["settings", "info", "costs", "home"],
  scheduler: ["schedulers"],
  room: ["schedulers"],
};

const quietMs = 200;
/** Rounds leave the server this many times as long in peace as they took: big lists come less often. */
const restFactor = 4;
const longestRestMs = 5000;

/**
 * Keeps every query on screen live. The stream has three states:
 *
 * - connecting: nothing is known; a first connection shows nothing, a lost one shows
 *   "reconnecting…" (what is on screen may be old, and says so).
 * - open: an event marks the queries of its noun stale. They are fetched again after a
 *   rest, never while the round before is under way, so a burst of a thousand events costs a few
 *   rounds.
 * - opened again: events were missed, so everything is fetched again.
 */
export function createLiveUpdates(client: QueryClient): { lostAt: () => number | null } {
  const [lostAt, setLostAt] = createSignal<number | null>(null);
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let restMs = quietMs;
  let wasOpen = false;
  let closed = false;

  async function flush(): Promise<void> {
    const nouns = new Set(stale);
    const startedMs = performance.now();
    stale.clear();
    await client
      .invalidateQueries({ predicate: (query) => nouns.has(String(query.queryKey[0])) })
      .catch(() => undefined);
    const tookMs = performance.now() - startedMs;
    restMs = Math.min(longestRestMs, Math.max(quietMs, tookMs * restFactor));
    timer = null;
    if (stale.size > 0) schedule();
  }

  function schedule(): void {
    if (timer !== null || closed) return;
    timer = setTimeout(() => void flush(), restMs);
  }

  const subscription = api.events.subscribe(undefined, {
    onData(event) {
      for (const noun of staleBy[event.noun]) stale.add(noun);
      schedule();
    },
    onConnectionStateChange({ state }) {
      if (state === "pending") {
        if (wasOpen && lostAt() !== null) void client.invalidateQueries();
        wasOpen = true;
        setLostAt(null);
      } else if (state === "connecting" && wasOpen) {
        setLostAt((was) => was ?? Date.now());
      }
    },
    onError(error) {
      // Shut out while the page was open: whoever they are now is asked for anew.
      if (isSignedOut(error)) void client.resetQueries({ queryKey: ["me"] });
      else setLostAt((was) => was ?? Date.now());
    },
  });

  onCleanup(() => {
    closed = true;
    if (timer !== null) clearTimeout(timer);
    subscription.unsubscribe();
  });
  return { lostAt };
}
