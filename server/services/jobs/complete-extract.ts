import { MaestroError } from "../../../shared/errors.ts";
import type { JobStatus } from "../../connectors/warehouse.ts";
import type { Settlement } from "../../db/settlements.ts";
import { extractPrefix } from "../../domain/job-configuration.ts";
import { retryTransient } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";
import { completeJob } from "./complete-job.ts";
import type { DrivenJob, Driving } from "./driven-job.ts";
import { summarizeStatistics } from "./summarize-statistics.ts";

/** Two minutes or so, by the backoff of `retryTransient`. */
const retries = 8;

/**
 * What the end of an extract means: as of any job (complete-job.ts), with the names of its files. Where
 * they cannot be listed the table run fails, although the job has succeeded: a resume extracts anew.
 */
export async function completeExtract(
  deps: Pick<Deps, "objectStore" | "now" | "random">,
  driven: DrivenJob,
  status: JobStatus,
  { signal, cancel }: Pick<Driving, "signal" | "cancel">,
): Promise<Settlement> {
  const completed = completeJob(deps, driven, status, cancel.aborted);
  if (completed.state !== "succeeded") return completed;
  const list = () => listFiles(deps, driven, status);
  try {
    const extractObjects = await retryTransient(list, { retries, random: deps.random, signal });
    return { ...completed, extractObjects };
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    const text = `its extract was written, but the files cannot be listed: ${error.message}`;
    return { ...completed, state: "failed", reason: { code: "extractUnlisted", text } };
  }
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
