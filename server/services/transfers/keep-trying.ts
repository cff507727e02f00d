import { setTimeout as delay } from "node:timers/promises";
import type { Deps } from "../deps.ts";

const mostSeconds = 300;
const pauseMs = 1_000;

/**
 * What is asked of Maestro's own PostgreSQL in the middle of a transfer: while it is away, what has been
 * read is kept and it is asked again, for five minutes. `call` is safe to repeat.
 */
export async function keepTrying<T>(
  { log }: Pick<Deps, "log">,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  const until = performance.now() + mostSeconds * 1000;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (signal.aborted || performance.now() > until) throw error;
      log.warn({ err: error }, "transfer: PostgreSQL does not answer; asked again");
      await delay(pauseMs, undefined, { signal });
    }
  }
}
