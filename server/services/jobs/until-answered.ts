import { MaestroError } from "../../../shared/errors.ts";
import { abortable, pause } from "../../support/abortable.ts";
import { backoffMs } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";
import type { DrivenJob, Driving } from "./driven-job.ts";
import { looks, unreadJob } from "./look-for-job.ts";

/** How long after its cancel a run waits for a job that may not be read, or that nobody answers for. */
const refusedMs = 120_000;
const unansweredMs = 600_000;

/**
 * How long BigQuery's wish to be let alone keeps us from looking at a job: it may have ended long since.
 * An insert waits as long as it is asked to.
 */
const lookPauseMs = 30_000;

/**
 * Calls BigQuery until it answers, with jittered backoff or after the time that it asks for: each
 * MaestroError that the call throws means that it has not. What is to end the asking, a refusal say,
 * the call returns. Throws the signal's reason; and where the run was cancelled and BigQuery has not
 * answered for too long after that, a MaestroError that says so: the run is to end nevertheless.
 */
export async function untilAnswered<T>(
  deps: Pick<Deps, "random" | "log">,
  driven: DrivenJob,
  call: () => Promise<T>,
  driving: Driving,
  longestPauseMs = lookPauseMs,
): Promise<T> {
  const { signal, cancel, onTrouble } = driving;
  for (let failures = 1; ; failures += 1) {
    signal.throwIfAborted();
    const isCancelled = cancel.aborted;
    try {
      const answer = await abortable(call(), signal);
      onTrouble(null);
      return answer;
    } catch (error) {
      if (signal.aborted || !(error instanceof MaestroError)) throw error;
      deps.log.warn({ err: error, failures }, "BigQuery did not answer; asking again");
      const backMs = backoffMs(failures - 1, deps.random);
      const askedMs = Math.min(error.retryAfterMs, longestPauseMs);
      onTrouble(error, askedMs);
      if (!isCancelled) {
        await pause(Math.max(backMs, askedMs), signal, cancel);
        continue;
      }
      const leftMs = patienceMs(error, driving);
      if (leftMs <= 0 && failures >= looks) throw unreadJob(driven, error);
      await pause(Math.max(backMs, Math.min(askedMs, leftMs)), signal);
    }
  }
}

/** How much longer a cancelled run waits for an answer. */
function patienceMs({ retryable }: MaestroError, { cancelledMs }: Driving): number {
  return (retryable ? unansweredMs : refusedMs) - cancelledMs();
}
