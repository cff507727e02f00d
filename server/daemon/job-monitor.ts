import { MaestroError } from "../../shared/errors.ts";
import type { FieldSchema } from "../../shared/table.ts";
import type { Deps } from "../services/deps.ts";
import { awaitJob } from "../services/jobs/await-job.ts";
import { completeExtract } from "../services/jobs/complete-extract.ts";
import { completeJob, failJob } from "../services/jobs/complete-job.ts";
import type { DrivenJob, Driving } from "../services/jobs/driven-job.ts";
import { startJob } from "../services/jobs/start-job.ts";
import { inCloud } from "../services/settings/in-cloud.ts";
import { abortableWithin } from "../support/abortable.ts";

export type JobSettlement = ReturnType<typeof completeJob>;

/**
 * Drives one stored job to its end: submit or adopt it, wait for it, say what follows. Null where
 * it was let go before that. Never throws: a fault of our own ends it too, and a resume looks for the job.
 */
export async function monitorJob(
  daemon: Deps,
  driven: DrivenJob,
  driving: Driving,
  onSubmitted: () => void,
): Promise<JobSettlement | null> {
  const { signal, cancel } = driving;
  const deps = inCloud(daemon, driven.claim.cloud);
  try {
    const started = await startJob(deps, driven, driving);
    if (started.state !== "DONE" && !driven.job.isSubmitted) onSubmitted();
    const status = await awaitJob(deps, driven, started, driving);
    const settlement =
      driven.job.step === "extract"
        ? await completeExtract(deps, driven, status, driving)
        : completeJob(deps, driven, status, cancel.aborted);
    const isStagedNext = settlement.step === "stage" && driven.job.step !== "stage";
    if (!isStagedNext) return settlement;
    return { ...settlement, tableSchema: await readSchema(deps, driven, signal) };
  } catch (error) {
    if (signal.aborted) return null;
    deps.log.warn({ job: driven.job.bqJobId, err: error }, "a job failed");
    return failJob(driven, error);
  }
}

const schemaMs = 10_000;

/** Null where BigQuery does not say: the table is staged in a way that carries any columns then. */
async function readSchema(
  deps: Pick<Deps, "warehouse" | "log">,
  { claim: { definition }, job }: DrivenJob,
  signal: AbortSignal,
): Promise<FieldSchema[] | null> {
  const reading = deps.warehouse.getTable(definition.dataset, definition.name);
  const tooLate = () =>
    new MaestroError("warehouse", "it did not tell the table's columns in time");
  try {
    return (await abortableWithin(schemaMs, reading, signal, tooLate))?.schema ?? null;
  } catch (error) {
    if (signal.aborted) throw error;
    deps.log.warn({ job: job.bqJobId, err: error }, "a table is staged without its columns");
    return null;
  }
}
