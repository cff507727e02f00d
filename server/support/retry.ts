import { setTimeout as delay } from "node:timers/promises";
import { MaestroError } from "../../shared/errors.ts";

/** Full-jitter exponential backoff: between 0 and `baseMs`·2^attempt, at most `capMs`. */
export function backoffMs(
  attempt: number,
  random: () => number,
  baseMs = 500,
  capMs = 30_000,
): number {
  return Math.floor(random() * Math.min(capMs, baseMs * 2 ** attempt));
}

/** Calls again after errors that a connector marked `retryable`, `retries` times at most. */
export async function retryTransient<T>(
  call: () => Promise<T>,
  options: { retries: number; random: () => number; signal?: AbortSignal; baseMs?: number },
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const again = error instanceof MaestroError && error.retryable && attempt < options.retries;
      if (!again || options.signal?.aborted) throw error;
      const pause = backoffMs(attempt, options.random, options.baseMs);
      await delay(pause, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}
