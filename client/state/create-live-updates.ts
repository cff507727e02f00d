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
/** A tab that is out of sight this long lets go of its stream. */
const hiddenMs = 3000;
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
 *
 * A browser has six connections to a server that speaks HTTP/1.1, for all tabs together, and a stream
 * is one of them: with six tabs open a seventh would load for ever. So only tabs in sight have one;
 * one that comes into sight again fetches everything.
 */
export function createLiveUpdates(client: QueryClient): { lostAt: () => number | null } {
  const [lostAt, setLostAt] = createSignal<number | null>(null);
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let restMs = quietMs;
  let wasOpen = false;
  let hasMissed = false;
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

  const subscribe = () =>
    api.events.subscribe(undefined, {
      onData(event) {
        for (const noun of staleBy[event.noun]) stale.add(noun);
        schedule();
      },
      onConnectionStateChange({ state, error }) {
        if (state === "pending") {
          if (hasMissed || lostAt() !== null) void client.invalidateQueries();
          hasMissed = false;
          wasOpen = true;
          setLostAt(null);
        } else if (state === "connecting" && (wasOpen || (hasMissed && error !== null))) {
          setLostAt((was) => was ?? Date.now());
        }
      },
      onError(error) {
        // Shut out while the page was open: whoever they are now is asked for anew.
        if (isSignedOut(error)) void client.resetQueries({ queryKey: ["me"] });
        else setLostAt((was) => was ?? Date.now());
      },
    });
  const release = whileInSight(subscribe, () => {
    hasMissed = true;
    wasOpen = false;
  });

  onCleanup(() => {
    closed = true;
    if (timer !== null) clearTimeout(timer);
    release();
  });
  return { lostAt };
}

/** Holds a subscription while the tab is in sight, and tells when it was let go. Answers how to end. */
function whileInSight(subscribe: () => { unsubscribe(): void }, onLetGo: () => void): () => void {
  let held = document.hidden ? null : subscribe();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const letGo = () => {
    held?.unsubscribe();
    held = null;
    onLetGo();
  };
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(letGo, hiddenMs);
    else held ??= subscribe();
  };
  document.addEventListener("visibilitychange", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    clearTimeout(timer);
    held?.unsubscribe();
  };
}
