import { MaestroError } from "../../../shared/errors.ts";
import { selectUnknownJobs } from "../../db/run-control.ts";
import { abortable } from "../../support/abortable.ts";
import type { Deps } from "../deps.ts";
import { inCloud } from "../settings/in-cloud.ts";
import { unknownReasons } from "./look-for-job.ts";

/** How long BigQuery is asked about all of them, and about how many at once. */
const lookMs = 5_000;
const looksAtOnce = 32;

/**
 * The jobs of a run of which it is not known how they ended, and that are there and have not failed;
 * or that may be, where BigQuery gives no answer: who claims them asks until it does.
 */
export async function findUnknownJobs(
  deps: Pick<Deps, "pool" | "warehouse" | "clouds">,
  runId: number,
): Promise<number[]> {
  const unknown = await selectUnknownJobs(deps.pool, runId, unknownReasons);
  const limit = AbortSignal.timeout(lookMs);
  const found: number[] = [];
  for (let at = 0; at < unknown.length; at += looksAtOnce) {
    const some = unknown.slice(at, at + looksAtOnce);
    const areThere = await Promise.all(
      some.map((job) => mayBeThere(inCloud(deps, job.cloud), job.bqJobId, limit)),
    );
    found.push(...some.filter((_, index) => areThere[index]).map(({ id }) => id));
  }
  return found;
}

async function mayBeThere(
  { warehouse }: Pick<Deps, "warehouse">,
  bqJobId: string,
  limit: AbortSignal,
): Promise<boolean> {
  if (limit.aborted) return true;
  try {
    const job = await abortable(warehouse.getJob(bqJobId), limit);
    return job !== null && !job.error;
  } catch (error) {
    if (limit.aborted) return true;
    if (!(error instanceof MaestroError)) throw error;
    // One that may not be read for good, of another project's account say, would never be resumed.
    return error.retryable;
  }
}
