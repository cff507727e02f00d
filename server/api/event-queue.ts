import type { ChangeEvent } from "../../shared/event.ts";

/**
 * What a subscriber has not taken yet. It stays small however slow they are: an event that waits
 * already is not added again, and beyond `most` what waits becomes one "fetch again" a noun.
 */
export interface EventQueue {
  push(event: ChangeEvent): void;
  /** Yields until `signal` aborts; then returns. */
  take(signal: AbortSignal): AsyncGenerator<ChangeEvent, void>;
}

export function createEventQueue(most = 500): EventQueue {
  let waiting = new Map<string, ChangeEvent>();
  let wake: (() => void) | undefined;

  const add = (event: ChangeEvent) => waiting.set(JSON.stringify(event), event);

  return {
    push(event) {
      add(event);
      if (waiting.size > most) {
        const nouns = new Set([...waiting.values()].map(({ noun }) => noun));
        waiting = new Map();
        for (const noun of nouns) add({ noun, id: null });
      }
      wake?.();
    },
    async *take(signal) {
      const stop = () => wake?.();
      signal.addEventListener("abort", stop);
      try {
        while (!signal.aborted) {
          const batch = waiting;
          waiting = new Map();
          for (const event of batch.values()) {
            if (signal.aborted) return;
            yield event;
          }
          if (waiting.size > 0 || signal.aborted) continue;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          wake = undefined;
        }
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
  };
}
