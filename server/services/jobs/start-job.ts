import { MaestroError } from "../../../shared/errors.ts";
import type { JobConfiguration, JobStatus } from "../../connectors/warehouse.ts";
import { hashLabel } from "../../domain/job-labels.ts";
import { pause } from "../../support/abortable.ts";
import type { Deps } from "../deps.ts";
import type { DrivenJob, Driving } from "./driven-job.ts";
import { lookForJob, looks, lostJob, unseenJob } from "./look-for-job.ts";
import { untilAnswered } from "./until-answered.ts";

/** The same, where BigQuery has just said that it has the id already. */
const looksForTaken = 12;

/**
 * Makes sure that BigQuery has the job of a row that is stored already.
 *
 * The insert may be repeated as often as need be, by any daemon, since the id decides: BigQuery
 * takes an id once and answers 409 ever after. So a crash or a cut connection between the insert
 * and its answer costs one more request. A 409 is ours if the label with the configuration's hash
 * says so; if not, another installation shares our instance id, and the job is left alone.
 *
 * A refusal counts at once only where no earlier insert can have succeeded: after one whose answer
 * nobody heard, this daemon's or a dead one's, the job may run although its repetition is refused,
 * for a quota say. Then BigQuery is asked for the job, until it shows it or has said often enough
 * that it has none.
 *
 * A job that is known to be submitted is asked for and never inserted again: where BigQuery has
 * lost it, it is not known what it did, and a second one might do it twice.
 *
 * Transient faults are waited out however long they last, and what may not be read is asked for
 * again: the job may be there, and a resume must not start another beside it. Only a cancel ends that
 * (until-answered.ts). Throws MaestroError where BigQuery refuses the insert or has lost the job, and
 * the signal's reason.
 */
export async function startJob(
  deps: Pick<Deps, "warehouse" | "random" | "log">,
  driven: DrivenJob,
  driving: Driving,
): Promise<JobStatus> {
  const { job, delayMs } = driven;
  await pause(delayMs, driving.signal, driving.cancel);
  const call = job.isSubmitted
    ? lookForJob(() => deps.warehouse.getJob(job.bqJobId), driven)
    : submission(deps, driven, driving);
  const longestPauseMs = job.isSubmitted ? undefined : Number.POSITIVE_INFINITY;
  const answer = await untilAnswered(deps, driven, call, driving, longestPauseMs);
  if (answer instanceof MaestroError) throw answer;
  return answer;
}

/** Inserts or finds the job, to be repeated by `untilAnswered`. */
function submission(
  deps: Pick<Deps, "warehouse">,
  driven: DrivenJob,
  { cancel }: Driving,
): () => Promise<JobStatus | MaestroError> {
  const { job } = driven;
  let isDoubtful = !driven.isNew;
  let hasInserted = false;
  let absences = 0;

  const look = async (verdict: MaestroError, limit: number) => {
    const status = await deps.warehouse.getJob(job.bqJobId);
    if (status) return isOurs(job, status) ? status : foreignJob(job);
    absences += 1;
    if (absences >= limit) return verdict;
    throw verdict;
  };

  const judge = (error: unknown) => {
    if (!(error instanceof MaestroError)) throw error;
    // One without BigQuery's reason is none of its answers.
    const isRefusal = !error.retryable && error.reason !== undefined;
    isDoubtful ||= hasInserted && !isRefusal;
    if (error.retryable) throw error;
    if (error.code === "conflict") {
      return look(lostJob(driven, "BigQuery says that it has, and does not show,"), looksForTaken);
    }
    return isDoubtful ? look(error, looks) : error;
  };

  const writesTable = job.step === "query" || job.step === "load";
  const insert = async () => {
    if (writesTable) {
      await deps.warehouse.ensureDataset(driven.claim.definition.dataset);
    }
    hasInserted = true;
    return insertJob(deps, job);
  };
  const isDropped = (error: unknown) =>
    writesTable && error instanceof MaestroError && error.code === "notFound";
  const insertAgainIfDropped = () =>
    insert().catch((error: unknown) => {
      if (isDropped(error)) return insert();
      throw error;
    });

  return () => {
    // After an insert of ours it is inserted again, so that there is one to cancel and no later one.
    if (!cancel.aborted || hasInserted) return insertAgainIfDropped().catch(judge);
    if (isDoubtful) return look(unseenJob(driven), looks);
    return Promise.resolve(new MaestroError("cancelled", "cancelled before it was submitted"));
  };
}

async function insertJob(
  deps: Pick<Deps, "warehouse">,
  job: DrivenJob["job"],
): Promise<JobStatus | MaestroError> {
  const { labels, ...configuration } = job.configuration;
  const inserted = await deps.warehouse.insertJob(
    job.bqJobId,
    configuration as JobConfiguration,
    labels as Record<string, string>,
  );
  return inserted.adopted && !isOurs(job, inserted) ? foreignJob(job) : inserted;
}

function isOurs(job: DrivenJob["job"], { configuration }: JobStatus): boolean {
  const labels = (configuration["labels"] ?? {}) as Record<string, string>;
  return labels[hashLabel] === job.configurationHash.slice(0, 40);
}

function foreignJob({ bqJobId }: DrivenJob["job"]): MaestroError {
  return new MaestroError(
    "conflict",
    `BigQuery has another job under the id ${bqJobId}: either Maestro's database was restored from a backup, and a resume of the run takes the next id, or another installation has the same instance id`,
  );
}
