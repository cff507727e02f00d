import { MaestroError } from "../../../shared/errors.ts";
import { abortable, pause } from "../../support/abortable.ts";
import { backoffMs } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";
import type { Driving } from "./driven-job.ts";

/**
 * Calls BigQuery until it answers with something else than a transient fault, with jittered backoff
 * or after the time that it asks for. Throws what `isFinal` (else: what is not transient), and the
 * signal's reason.
 */
export async function untilAnswered<T>(
  deps: Pick<Deps, "random" | "log">,
  call: (failures: number) => Promise<T>,
  { signal, onTrouble }: Pick<Driving, "signal" | "onTrouble">,
  isFinal: (error: MaestroError) => boolean = (error) => !error.retryable,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    try {
      const answer = await abortable(call(failures), signal);
      onTrouble(null);
      return answer;
    } catch (error) {
      if (signal.aborted || !(error instanceof MaestroError) || isFinal(error)) throw error;
      deps.log.warn({ err: error, failures }, "BigQuery did not answer; asking again");
      onTrouble(error);
      await pause(Math.max(error.retryAfterMs, backoffMs(failures, deps.random)), signal);
    }
  }
}
