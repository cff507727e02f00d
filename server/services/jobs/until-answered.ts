import { MaestroError } from "../../../shared/errors.ts";
import { abortable, pause } from "../../support/abortable.ts";
import { backoffMs } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";
import type { Driving } from "./driven-job.ts";

/**
 * Calls BigQuery until it answers, with jittered backoff or after the time that it asks for: each
 * MaestroError that the call throws means that it has not. What is to end the asking, a refusal say,
 * the call returns. Throws the signal's reason.
 */
export async function untilAnswered<T>(
  deps: Pick<Deps, "random" | "log">,
  call: () => Promise<T>,
  { signal, cancel, onTrouble }: Driving,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    const isCancelled = cancel.aborted;
    try {
      const answer = await abortable(call(), signal);
      onTrouble(null);
      return answer;
    } catch (error) {
      if (signal.aborted || !(error instanceof MaestroError)) throw error;
      deps.log.warn({ err: error, failures }, "BigQuery did not answer; asking again");
      onTrouble(error);
      const ms = Math.max(error.retryAfterMs, backoffMs(failures, deps.random));
      await pause(ms, signal, ...(isCancelled ? [] : [cancel]));
    }
  }
}
