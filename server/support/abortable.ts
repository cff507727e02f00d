import { setTimeout as delay } from "node:timers/promises";

/** The promise's own end, or a rejection with the signal's reason as soon as it is aborted. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** The same, or after so long a rejection with what `overdue` makes. */
export function abortableWithin<T>(
  ms: number,
  promise: Promise<T>,
  signal: AbortSignal,
  overdue: () => Error,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(overdue()), ms);
  const either = AbortSignal.any([signal, limit.signal]);
  return abortable(promise, either).finally(() => clearTimeout(timer));
}

/** Ends early, without an error, as soon as one of the signals is aborted. No time is no pause. */
export async function pause(ms: number, ...signals: AbortSignal[]): Promise<void> {
  // A timer of 0 ms takes 1 ms, and every job's start would wait for it.
  if (ms <= 0) return;
  await delay(ms, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
}
