import { setTimeout as delay } from "node:timers/promises";
import { MaestroError } from "../../../shared/errors.ts";
import type { JobStatus } from "../../connectors/warehouse.ts";
import type { ImportContext } from "../../db/transfer-contexts.ts";
import { retryTransient } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";
import type { Work } from "./transfer-work.ts";

const retries = 8;
const pollMs = 500;

/**
 * Copies a table as it is in the warehouse, beside itself, before an import replaces it that nobody asked
 * for: rows that the source has deleted since, and columns that it has no more, are there alone. Answers
 * the copy's name, or null where there is nothing to keep.
 *
 * The name is the import's, so that a room that does it again finds the copy made. It begins with
 * `before_`, because a name that begins with the table's would be matched by wildcards on such tables.
 */
export async function keepTable(
  deps: Pick<Deps, "warehouse" | "random" | "instanceId">,
  { claim, signal }: Work,
  { definition, queuedAt }: ImportContext,
): Promise<string | null> {
  const { warehouse, random } = deps;
  const { dataset, name } = definition;
  const again = { retries, random, signal };
  const table = await retryTransient(() => warehouse.getTable(dataset, name), again);
  if (!table || table.rowCount === 0) return null;
  const instant = queuedAt.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "_");
  const kept = `before_${instant}_${name}`.slice(0, 1024);
  const reference = { projectId: warehouse.projectId, datasetId: dataset };
  const copy = {
    sourceTable: { ...reference, tableId: name },
    destinationTable: { ...reference, tableId: kept },
    createDisposition: "CREATE_IF_NEEDED",
    writeDisposition: "WRITE_EMPTY",
  };
  const jobId = `maestro_${deps.instanceId}_${claim.tableRunId}_keep_${claim.fence}`;
  const insert = () => warehouse.insertJob(jobId, { copy }, {});
  let job: JobStatus | null = await retryTransient(insert, again);
  while (job?.state !== "DONE") {
    if (job === null) throw new MaestroError("warehouse", `the copy of ${name} is lost: ${jobId}`);
    await delay(pollMs, undefined, { signal });
    job = await retryTransient(() => warehouse.getJob(jobId), again);
  }
  if (job.error && job.error.reason !== "duplicate") {
    throw new MaestroError(
      "warehouse",
      `the columns of its source have changed, and ${dataset}.${name} as it is cannot be kept as ${dataset}.${kept} before all rows are imported anew: ${job.error.message}`,
      { retryable: job.error.retryable, reason: job.error.reason },
    );
  }
  return `${dataset}.${kept}`;
}
