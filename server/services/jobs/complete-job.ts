import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { Reason } from "../../../shared/run.ts";
import type { JobStatus } from "../../connectors/warehouse.ts";
import type { JobEnd, Settlement } from "../../db/settlements.ts";
import { blamesFiles } from "../../domain/blames-files.ts";
import { nextStep } from "../../domain/post-completion.ts";
import { utcText } from "../../domain/words.ts";
import { backoffMs } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";
import { checkLoadedRows } from "../transfers/check-loaded-rows.ts";
import type { DrivenJob } from "./driven-job.ts";
import { faultReason, importsWhole } from "./look-for-job.ts";
import { type StatisticsSummary, summarizeStatistics } from "./summarize-statistics.ts";

/** The word on the row of a load that stored other rows than were staged. */
export const miscountReason = "rowCount";

/**
 * What the end of a job means for its table run: the next step, another attempt, or its end. Writes
 * nothing; the settlement is written with others in the dispatcher's next transition.
 */
export function completeJob(
  deps: Pick<Deps, "now" | "random">,
  driven: DrivenJob,
  status: JobStatus,
  wasCancelled: boolean,
): Settlement {
  const figures = summarizeStatistics(status.statistics);
  if (status.error) {
    const settled = settleError(driven, status.error, { ...status, figures }, wasCancelled);
    return pauseBeforeRetry(deps, driven, settled);
  }
  const { claim, job } = driven;
  const miscount = job.step === "load" && claim.staged && findMiscount(claim.staged, figures);
  if (miscount) {
    const message = `${miscount}; ${remedyForMiscount(claim)}`;
    const fault = { reason: miscountReason, message, retryable: false };
    return settleError(driven, fault, { ...status, figures }, false);
  }
  const following = nextStep(claim.definition, job.step);
  const stops = following !== null && wasCancelled;
  return {
    tableRunId: claim.id,
    fence: claim.fence,
    state: following === null ? "succeeded" : stops ? "cancelled" : "running",
    step: following ?? job.step,
    reason: stops ? { code: "cancelled", text: `cancelled before its ${following}` } : null,
    rowCount: writesTable(job.step) ? (status.resultRows ?? figures.outputRows) : null,
    tableRows: replacesTable(driven) ? (status.resultRows ?? figures.outputRows) : null,
    extractObjects: null,
    job: jobEnd(driven, "succeeded", null, { ...status, figures }),
  };
}

/** Extracts say nothing of rows. */
function writesTable(step: DrivenJob["job"]["step"]): boolean {
  return step === "query" || step === "load";
}

/** Whether the rows that the job gave are all that the table has. */
function replacesTable({ job }: DrivenJob): boolean {
  const target = job.configuration[job.step] as Record<string, unknown> | undefined;
  return (
    target?.["destinationTable"] !== undefined && target["writeDisposition"] === "WRITE_TRUNCATE"
  );
}

/** What is wrong with the number of rows that a load stored; null where nothing is. */
function findMiscount(staged: TransferResult, { outputRows }: StatisticsSummary): string | null {
  try {
    checkLoadedRows(staged, outputRows ?? -1);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function remedyForMiscount({ definition }: DrivenJob["claim"]): string {
  if (definition.idColumn !== null) return importsWhole;
  if (definition.disposition === "truncate") return "a resume imports the table again";
  return "its rows are in the table: remove them before a resume, which appends them all again";
}

/** The same for a job that BigQuery refused, lost or may not show us. */
export function failJob(driven: DrivenJob, error: unknown): Settlement {
  const ended = { statistics: {}, figures: summarizeStatistics({}) };
  if (error instanceof MaestroError && error.code === "cancelled") {
    const { message, reason } = error;
    const fault = reason === undefined ? null : { reason, message, retryable: false };
    return {
      ...settlement(driven, "cancelled", { code: "cancelled", text: message }),
      job: jobEnd(driven, "cancelled", fault, ended),
    };
  }
  if (!(error instanceof MaestroError)) return failUnfollowed(driven, messageOf(error), ended);
  const reason = error.reason ?? error.code;
  // What startJob and awaitJob throw they have retried already: the same call, not a new job.
  return settleError(driven, { reason, message: error.message, retryable: false }, ended, false);
}

/** After a fault of our own: BigQuery may have the job, and it may run on. A resume looks for it first. */
function failUnfollowed(driven: DrivenJob, fault: string, ended: Ended): Settlement {
  const message = `Maestro failed to follow the job ${driven.job.bqJobId}: ${fault}`;
  const text = `${message}; it may still run in BigQuery, and a resume looks for it first`;
  return {
    ...settlement(driven, "failed", { code: "internal", text }),
    job: jobEnd(driven, "failed", { reason: faultReason, message, retryable: false }, ended),
  };
}

type Fault = NonNullable<JobStatus["error"]>;
interface Ended {
  statistics: Record<string, unknown>;
  isUnread?: boolean;
  figures: StatisticsSummary;
}

function settleError(
  driven: DrivenJob,
  fault: Fault,
  ended: Ended,
  wasCancelled: boolean,
): Settlement {
  const { claim, job } = driven;
  if (wasCancelled && fault.reason === "stopped") {
    const reason: Reason = { code: "cancelled", text: "cancelled while its job ran" };
    const end = jobEnd(driven, "cancelled", fault, ended);
    return { ...settlement(driven, "cancelled", reason), job: end };
  }
  const end = jobEnd(driven, "failed", fault, ended);
  const fail = (text: string) => ({
    ...settlement(driven, "failed", { code: "jobFailed", text }),
    job: end,
  });
  if (!fault.retryable || wasCancelled) return fail(fault.message + remedyForFiles(driven, fault));
  if (isPartlyDone(ended.statistics)) {
    return fail(
      `${fault.message} (statements of the script were carried out before, so it is not repeated by itself: see what they wrote, then resume)`,
    );
  }
  const attempt = Math.max(1, job.attempt - claim.earlierAttempts);
  const attempts = claim.definition.retries + 1;
  if (attempt >= attempts) return fail(`${fault.message} (attempt ${attempt} of ${attempts})`);
  const text = `attempt ${attempt} of ${attempts} met a transient fault: ${fault.message}`;
  return { ...settlement(driven, "running", { code: "retrying", text }), job: end };
}

/** Another attempt comes after a while, and its table run says until when it waits. */
function pauseBeforeRetry(
  { now, random }: Pick<Deps, "now" | "random">,
  { claim, job }: DrivenJob,
  settlement: Settlement,
): Settlement {
  const { reason } = settlement;
  if (reason?.code !== "retrying") return settlement;
  const retryInMs = backoffMs(job.attempt - claim.earlierAttempts, random);
  const until = new Date(now().getTime() + retryInMs).toISOString();
  const text = `${reason.text}; tried again after ${utcText(until)}`;
  return { ...settlement, retryInMs, reason: { ...reason, text, until } };
}

function remedyForFiles({ claim, job }: DrivenJob, { reason }: Fault): string {
  const isUpload = job.step === "load" && claim.definition.kind === "external";
  return isUpload && blamesFiles(reason) ? " (a resume waits for other files, or these again)" : "";
}

/**
 * Whether statements of a script have run: each commits by itself, unlike any other job, which
 * BigQuery does wholly or not at all.
 */
function isPartlyDone(statistics: Ended["statistics"]): boolean {
  const { statementType } = (statistics["query"] ?? {}) as { statementType?: string };
  return statementType === "SCRIPT" && Number(statistics["numChildJobs"] ?? 0) > 0;
}

function settlement(
  { claim, job }: DrivenJob,
  state: Settlement["state"],
  reason: Reason,
): Omit<Settlement, "job"> {
  return {
    tableRunId: claim.id,
    fence: claim.fence,
    state,
    step: job.step,
    reason,
    rowCount: null,
    tableRows: null,
    extractObjects: null,
  };
}

function jobEnd(
  { job }: DrivenJob,
  state: JobEnd["state"],
  fault: Fault | null,
  { statistics, isUnread, figures }: Ended,
): JobEnd {
  const { outputRows: _rows, fileCount: _files, ...columns } = figures;
  return {
    jobId: job.id,
    state,
    error: fault?.message ?? null,
    errorReason: fault?.reason ?? null,
    statistics: isUnread ? null : statistics,
    ...columns,
  };
}
