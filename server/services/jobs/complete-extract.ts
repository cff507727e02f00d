import { MaestroError } from "../../../shared/errors.ts";
import type { JobStatus } from "../../connectors/warehouse.ts";
import type { Settlement } from "../../db/settlements.ts";
import { extractPrefix } from "../../domain/job-configuration.ts";
import { abortableWithin } from "../../support/abortable.ts";
import { retryTransient } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";
import { completeJob } from "./complete-job.ts";
import type { DrivenJob, Driving } from "./driven-job.ts";
import { summarizeStatistics } from "./summarize-statistics.ts";

/** Two minutes or so, by the backoff of `retryTransient`; longer where no answer comes at all. */
const retries = 8;
/** For one listing, which may be of thousands of files. */
const listMs = 30_000;

/**
 * What the end of an extract means: as of any job (complete-job.ts), with the names of its files. Where
 * they cannot be listed the table run fails, although the job has succeeded: a resume goes on with the
 * job, and lists them again. So it does after a cancel, which ends the listing, but for one try where
 * the job succeeded although it was cancelled.
 */
export async function completeExtract(
  deps: Pick<Deps, "objectStore" | "now" | "random">,
  driven: DrivenJob,
  status: JobStatus,
  { signal, cancel, onTrouble }: Pick<Driving, "signal" | "cancel" | "onTrouble">,
): Promise<Settlement> {
  const completed = completeJob(deps, driven, status, cancel.aborted);
  if (completed.job?.state !== "succeeded" || completed.state === "cancelled") return completed;
  const wasCancelled = cancel.aborted;
  // Whatever follows: a resume goes on here.
  const { step } = driven.job;
  const interrupt = wasCancelled ? signal : AbortSignal.any([signal, cancel]);
  const list = () => listInTime(deps, driven, status, interrupt).catch(tell(onTrouble));
  const options = { retries: wasCancelled ? 0 : retries, random: deps.random, signal: interrupt };
  try {
    return { ...completed, extractObjects: await retryTransient(list, options) };
  } catch (error) {
    if (signal.aborted) throw error;
    if (cancel.aborted) {
      const text = "cancelled before the files of its extract were listed";
      return { ...completed, step, state: "cancelled", reason: { code: "cancelled", text } };
    }
    if (!(error instanceof MaestroError)) throw error;
    const text = `its extract was written, but the files cannot be listed: ${error.message}`;
    return { ...completed, step, state: "failed", reason: { code: "extractUnlisted", text } };
  }
}

function tell(onTrouble: Driving["onTrouble"]): (error: unknown) => never {
  return (error) => {
    if (error instanceof MaestroError) onTrouble(error);
    throw error;
  };
}

/** Google's client has no limit of its own for a bucket that takes a request and never answers it. */
function listInTime(
  deps: Pick<Deps, "objectStore">,
  driven: DrivenJob,
  status: JobStatus,
  signal: AbortSignal,
): Promise<string[]> {
  return abortableWithin(listMs, listFiles(deps, driven, status), signal, () => {
    const text = `it did not list the files within ${listMs / 1000} s`;
    return new MaestroError("storage", text, { retryable: true });
  });
}

/**
 * The files that the extract wrote. BigQuery says how many; an earlier attempt may have left more
 * of them beside, and those are not part of it.
 */
async function listFiles(
  { objectStore }: Pick<Deps, "objectStore">,
  { claim }: DrivenJob,
  { statistics }: JobStatus,
): Promise<string[]> {
  const { fileCount } = summarizeStatistics(statistics);
  const prefix = extractPrefix({ definition: claim.definition, tableRunId: claim.id });
  const objects = await objectStore.list(prefix);
  return objects.map((object) => object.name).slice(0, fileCount ?? objects.length);
}
