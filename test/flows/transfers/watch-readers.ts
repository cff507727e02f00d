import { setTimeout as delay } from "node:timers/promises";

/*
 * Readers who look all the time, as a dashboard or a person would: what they see is kept, each state
 * once, in the order of seeing.
 */

export interface Readers {
  /** By what was looked at. */
  seen: Record<string, string[]>;
  /** Looks once more at everything, and ends. */
  stop(): Promise<Record<string, string[]>>;
}

const leastPauseMs = 40;
/** Of the time that a look takes: readers must not take the machine from those whom they watch. */
const pauseShare = 3;

/** A look answers the state as a text; null: it cannot tell now. */
export function watchReaders(looks: Record<string, () => Promise<string | null>>): Readers {
  const stopping = new AbortController();
  const seen: Record<string, string[]> = {};
  const watching = Object.entries(looks).map(async ([what, look]) => {
    const states: string[] = [];
    seen[what] = states;
    const lookOnce = async () => {
      const state = await look();
      if (state !== null && state !== states.at(-1)) states.push(state);
    };
    while (!stopping.signal.aborted) {
      const beganAt = performance.now();
      await lookOnce();
      await delay(Math.max(leastPauseMs, pauseShare * (performance.now() - beganAt)));
    }
    await lookOnce();
  });
  // A fault of one is told by `stop`.
  const all = Promise.all(watching);
  all.catch(() => undefined);
  return {
    seen,
    async stop() {
      stopping.abort();
      await all;
      return seen;
    },
  };
}
