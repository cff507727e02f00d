import { MaestroError } from "../../../shared/errors.ts";
import type { JobConfiguration, JobStatus } from "../../connectors/warehouse.ts";
import { hashLabel } from "../../domain/job-configuration.ts";
import { pause } from "../../support/abortable.ts";
import type { Deps } from "../deps.ts";
import type { DrivenJob, Driving } from "./driven-job.ts";
import { untilAnswered } from "./until-answered.ts";

/**
 * Makes sure that BigQuery has the job of a row that is stored already.
 *
 * The insert may be repeated as often as need be, by any daemon, since the id decides: BigQuery
 * takes an id once and answers 409 ever after. So a crash or a cut connection between the insert
 * and its answer costs one more request. A 409 is ours if the label with the configuration's hash
 * says so; if not, another installation shares our instance id, and the job is left alone.
 *
 * A job that is known to be submitted is asked for and never inserted again: where BigQuery has
 * lost it, it is not known what it did, and a second one might do it twice.
 *
 * Transient faults are waited out however long they last, and what may not be read is asked for
 * again: the job may be there, and a resume must not start another beside it. Throws MaestroError
 * where BigQuery refuses the insert or has lost the job, and the signal's reason.
 */
export async function startJob(
  deps: Pick<Deps, "warehouse" | "now" | "random" | "log">,
  driven: DrivenJob,
  driving: Driving,
): Promise<JobStatus> {
  const { signal, cancel } = driving;
  await pause(driven.delayMs, signal, cancel);
  const call = (failures: number) => {
    // After a fault the job may be there or not: then it is inserted, to be cancelled as any other.
    const isOnlyLooked = driven.job.isSubmitted || (cancel.aborted && failures === 0);
    return isOnlyLooked ? find(deps, driven) : submit(deps, driven);
  };
  return untilAnswered(deps, call, driving, driven.job.isSubmitted ? isLost : undefined);
}

async function find(deps: Pick<Deps, "warehouse">, { job }: DrivenJob): Promise<JobStatus> {
  const status = await deps.warehouse.getJob(job.bqJobId);
  if (status) return status;
  if (job.isSubmitted) throw lostJob(job.bqJobId);
  throw new MaestroError("cancelled", "cancelled before it was submitted");
}

async function submit(
  deps: Pick<Deps, "warehouse">,
  { claim, job }: DrivenJob,
): Promise<JobStatus> {
  if (job.step !== "extract") await deps.warehouse.ensureDataset(claim.definition.dataset);
  const { labels, ...configuration } = job.configuration;
  const inserted = await deps.warehouse.insertJob(
    job.bqJobId,
    configuration as JobConfiguration,
    labels as Record<string, string>,
  );
  const found = (inserted.configuration["labels"] ?? {}) as Record<string, string>;
  if (inserted.adopted && found[hashLabel] !== job.configurationHash.slice(0, 40)) {
    throw new MaestroError(
      "conflict",
      `BigQuery has a job ${job.bqJobId} that is not this one: does another installation use the same instance id?`,
    );
  }
  return inserted;
}

/** The one answer, of those that are no job, after which nothing is left to ask for. */
export function isLost(error: MaestroError): boolean {
  return error.reason === "notFound";
}

export function lostJob(bqJobId: string): MaestroError {
  return new MaestroError(
    "warehouse",
    `BigQuery no longer has the job ${bqJobId}: what it did is not known`,
    { reason: "notFound" },
  );
}
