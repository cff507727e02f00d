import { messageOf } from "../../shared/errors.ts";
import type { Log } from "./log.ts";

/**
 * A background loop: `body` runs, then again after `periodMs` or as soon as `wake` is called. A
 * wake during a body is not lost: the body runs once more. What a body throws is logged and the
 * loop goes on after a pause that doubles up to 30 s and falls back at the first success; this is
 * the only place where loops catch.
 */
export interface Loop {
  wake(): void;
  /** Ends after the body that runs now; resolves when it has. */
  stop(): Promise<void>;
}

const maxPauseMs = 30_000;

/** Bodies that run now, in this process. */
const bodies = new Set<{ name: string; sinceMs: number; isUnbounded: boolean }>();

/** Names of the loops of which a body has run for longer than that. */
export function stuckLoops(longerThanMs: number): string[] {
  const nowMs = performance.now();
  const stuck = [...bodies].filter(
    ({ sinceMs, isUnbounded }) => !isUnbounded && nowMs - sinceMs > longerThanMs,
  );
  return stuck.map(({ name }) => name);
}

export function startLoop(options: {
  name: string;
  log: Log;
  periodMs: number;
  /** Its body works off a backlog, however long that takes: it is never taken for stuck. */
  isUnbounded?: boolean;
  body: (signal: AbortSignal) => Promise<void>;
}): Loop {
  const { isUnbounded = false } = options;
  const stopping = new AbortController();
  let woken = false;
  let endPause: (() => void) | undefined;

  // No abortable delay: a loop is woken once a job, and each abort would make an error with a stack.
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      if (woken || stopping.signal.aborted) return resolve();
      const timer = setTimeout(() => endPause?.(), ms);
      endPause = () => {
        clearTimeout(timer);
        endPause = undefined;
        resolve();
      };
    });

  const running = (async () => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      woken = false;
      const body = { name: options.name, sinceMs: performance.now(), isUnbounded };
      bodies.add(body);
      try {
        await options.body(stopping.signal);
        failures = 0;
      } catch (error) {
        if (stopping.signal.aborted) break;
        failures += 1;
        options.log.error(
          { loop: options.name, failures, err: error },
          `${options.name}: ${messageOf(error)}`,
        );
        // A wake must not turn a persistent fault into a busy loop.
        woken = false;
      } finally {
        bodies.delete(body);
      }
      const backoffMs = Math.min(maxPauseMs, 250 * 2 ** Math.min(failures, 10));
      await pause(failures === 0 ? options.periodMs : Math.max(options.periodMs, backoffMs));
    }
  })();

  return {
    wake() {
      woken = true;
      endPause?.();
    },
    async stop() {
      stopping.abort();
      endPause?.();
      await running;
    },
  };
}
