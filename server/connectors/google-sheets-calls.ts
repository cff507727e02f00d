import { pause } from "../support/abortable.ts";
import { backoffMs } from "../support/retry.ts";
import { translateGoogleError } from "./google-sheets-errors.ts";

/** What every call is made with. */
interface CallOptions {
  signal: AbortSignal;
  timeout: number;
}

export interface GoogleCalls {
  /** Repeats what passes: quotas (as long as Retry-After says), 5xx, broken connections. */
  call<T>(
    doing: string,
    signal: AbortSignal,
    request: (options: CallOptions) => Promise<T>,
  ): Promise<T>;
  /** Once, but for answers that say that nothing was done: those of a quota. */
  callOnce<T>(
    doing: string,
    signal: AbortSignal,
    request: (options: CallOptions) => Promise<T>,
  ): Promise<T>;
}

/** Sheets gives up a request after 180 s by itself. */
const answerMs = 200_000;
/** Quotas are by the minute: with pauses of up to a minute, five minutes or so. */
const retries = 9;
const baseMs = 1_000;
const longestPauseMs = 64_000;
const longestRetryAfterMs = 300_000;

export function createGoogleCalls({ random }: { random: () => number }): GoogleCalls {
  const repeat = async <T>(
    doing: string,
    signal: AbortSignal,
    request: (options: CallOptions) => Promise<T>,
    isToBeRepeated: (status: number | null) => boolean,
  ): Promise<T> => {
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        return await request({ signal, timeout: answerMs });
      } catch (error) {
        signal.throwIfAborted();
        const { fault, status } = translateGoogleError(error, doing);
        if (!fault.retryable || attempt >= retries || !isToBeRepeated(status)) throw fault;
        const asked = Math.min(fault.retryAfterMs, longestRetryAfterMs);
        await pause(asked + backoffMs(attempt, random, baseMs, longestPauseMs), signal);
      }
    }
  };
  return {
    call: (doing, signal, request) => repeat(doing, signal, request, () => true),
    callOnce: (doing, signal, request) =>
      repeat(doing, signal, request, (status) => status === 429 || status === 403),
  };
}
