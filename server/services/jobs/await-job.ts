import { MaestroError } from "../../../shared/errors.ts";
import type { JobStatus } from "../../connectors/warehouse.ts";
import { pause } from "../../support/abortable.ts";
import type { Deps } from "../deps.ts";
import type { DrivenJob, Driving } from "./driven-job.ts";
import { lookForJob } from "./look-for-job.ts";
import { untilAnswered } from "./until-answered.ts";

const longPollMs = 20_000;

/**
 * Waits until BigQuery says that the job is done. A query is awaited by long polls, which answer as
 * it ends; loads and extracts are asked for at a tenth of the time they have taken, from 50 ms to
 * 2 s. A server that answers a long poll at once is asked no oftener than that either.
 *
 * Faults are waited out however long they last, also where the job may not be read for now: it goes
 * on without us. Only a cancel ends that (until-answered.ts). Throws the signal's reason; a
 * MaestroError where the job is gone.
 */
export async function awaitJob(
  deps: Pick<Deps, "warehouse" | "now" | "random" | "log">,
  driven: DrivenJob,
  started: JobStatus,
  driving: Driving,
): Promise<JobStatus> {
  const { job } = driven;
  const { signal, cancel } = driving;
  const isLongPoll = job.step === "query";
  const ask = () =>
    isLongPoll
      ? deps.warehouse.awaitQuery(job.bqJobId, longPollMs)
      : deps.warehouse.getJob(job.bqJobId);
  const startedMs = deps.now().getTime();
  let status = started;
  let isCancelSent = false;
  while (status.state !== "DONE") {
    if (cancel.aborted && !isCancelSent) isCancelSent = await sendCancel(deps, driven, driving);
    // A cancel ends a poll; once it was tried, only the job's end does.
    const interrupt = cancel.aborted ? signal : AbortSignal.any([signal, cancel]);
    const askedMs = deps.now().getTime();
    const restMs = Math.min(2_000, Math.max(50, (askedMs - startedMs) * 0.1));
    const rest = () => pause(status.state === "DONE" ? 0 : restMs, interrupt);
    if (!isLongPoll) await rest();
    const polling = { ...driving, signal: interrupt };
    const look = lookForJob(ask, driven);
    const answer = await untilAnswered(deps, driven, look, polling).catch((error: unknown) => {
      if (interrupt.aborted && !signal.aborted) return null;
      throw error;
    });
    if (!answer) continue;
    if (answer instanceof MaestroError) throw answer;
    status = answer;
    // A poll that rested before it was sent needs no other rest.
    const isSpinning = isLongPoll && deps.now().getTime() - askedMs < restMs;
    if (isSpinning) await rest();
  }
  return status;
}

/** False where BigQuery refuses it or does not see the job for now: the job runs on, and it is tried again after the next poll. */
async function sendCancel(
  deps: Pick<Deps, "warehouse" | "random" | "log">,
  driven: DrivenJob,
  driving: Driving,
): Promise<boolean> {
  const { bqJobId } = driven.job;
  const call = async () => {
    try {
      return await deps.warehouse.cancelJob(bqJobId);
    } catch (error) {
      if (!(error instanceof MaestroError) || error.retryable) throw error;
      deps.log.warn({ err: error, job: bqJobId }, "BigQuery refuses to cancel a job");
      return false;
    }
  };
  return untilAnswered(deps, driven, call, driving);
}
