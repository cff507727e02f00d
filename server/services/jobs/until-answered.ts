import { MaestroError } from "../../../shared/errors.ts";
import { abortable, pause } from "../../support/abortable.ts";
import { backoffMs } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";

/**
 * Calls BigQuery until it answers with something else than a transient fault, with jittered backoff
 * or after the time that it asks for, for `patienceMs` at most. Throws what is not transient, and the signal's reason.
 */
export async function untilAnswered<T>(
  deps: Pick<Deps, "now" | "random" | "log">,
  call: (failures: number) => Promise<T>,
  signal: AbortSignal,
  patienceMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  const startedMs = deps.now().getTime();
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    try {
      return await abortable(call(failures), signal);
    } catch (error) {
      if (!(error instanceof MaestroError && error.retryable)) throw error;
      if (deps.now().getTime() - startedMs > patienceMs) throw error;
      deps.log.warn({ err: error, failures }, "BigQuery did not answer; asking again");
      await pause(Math.max(error.retryAfterMs, backoffMs(failures, deps.random)), signal);
    }
  }
}
