import { randomUUID } from "node:crypto";
import { MaestroError } from "../../../shared/errors.ts";
import type { QueryPreview, TableDefinition } from "../../../shared/table.ts";
import type { JobConfiguration, JobStatus } from "../../connectors/warehouse.ts";
import { selectGroups } from "../../db/groups.ts";
import { insertPreviewJob, markPreviewSubmitted } from "../../db/preview-jobs.ts";
import { buildLabels } from "../../domain/job-labels.ts";
import { priceBytes } from "../costs/price-bytes.ts";
import { readPrice } from "../costs/read-price.ts";
import type { Deps } from "../deps.ts";
import { summarizeStatistics } from "../jobs/summarize-statistics.ts";
import { notePreviewEnd, settlePreview } from "./settle-preview.ts";

/** Longer than someone looks at a spinner; what takes longer is a table run's. */
const longestMs = 5 * 60_000;
const pollMs = 20_000;

type PreviewDeps = Pick<Deps, "db" | "warehouse" | "instanceId" | "now" | "log"> &
  Parameters<typeof readPrice>[0];

interface Asked {
  definition: TableDefinition;
  /** Null where it is not saved yet. */
  id: number | null;
  user: string;
  groupId: number | null;
  maxRows: number;
  /** Aborted when whoever asked is gone: the job is then cancelled. */
  signal: AbortSignal | undefined;
}

/**
 * Runs a summary's SQL as it stands in the editor and answers its first rows. Nothing is written but
 * the hidden result that BigQuery keeps for a day. It is billed as any query, and therefore capped,
 * labelled and noted as a job. It is no attempt of a table run: after a crash nobody takes it over, it
 * is cancelled and noted (settle-left-previews.ts).
 * Only a single SELECT runs so: whatever changes something is refused by what the dry run says it is.
 */
export async function previewQuery(deps: PreviewDeps, asked: Asked): Promise<QueryPreview> {
  const { definition } = asked;
  await assertSelect(deps, definition);
  const jobId = `maestro_${deps.instanceId}_preview_${randomUUID().replaceAll("-", "")}`;
  const configuration = { query: queryOf(deps.warehouse.projectId, definition) };
  const groups = asked.groupId === null ? [] : await selectGroups(deps.db);
  const group = groups.find(({ id }) => id === asked.groupId)?.name ?? null;
  const labels = buildLabels({
    definition,
    user: asked.user,
    group,
    instanceId: deps.instanceId,
    runId: null,
    configurationHash: "",
  });
  const startedAt = deps.now();
  assertAwaited(asked.signal);
  await insertPreviewJob(deps.db, {
    tableId: asked.id,
    bqJobId: jobId,
    user: asked.user,
    group,
    createdAt: startedAt,
  });
  const done = await runJob(deps, { jobId, configuration, labels }, asked.signal);
  const figures = summarizeStatistics(done.statistics);
  if (done.error) throw refusal(done.error.message);
  const rows = await readRows(deps, done, asked.maxRows);
  const { pricePerTib } = await readPrice(deps);
  return {
    ...rows,
    bytesBilled: figures.bytesBilled ?? 0,
    price: priceBytes(figures.bytesBilled ?? 0, pricePerTib),
    cacheHit: figures.cacheHit ?? false,
    tookMs: deps.now().getTime() - startedAt.getTime(),
  };
}

async function assertSelect(deps: PreviewDeps, definition: TableDefinition): Promise<void> {
  const { kind, query, legacySql, dataset } = definition;
  if (kind !== "summary" || query.trim() === "") {
    throw new MaestroError("invalidInput", "there is no BigQuery SQL to run: write a SELECT", {
      field: "definition.query",
    });
  }
  const { statementType } = await deps.warehouse.dryRun(query, {
    legacySql,
    defaultDataset: dataset,
  });
  // Legacy SQL knows no other statement.
  if (legacySql || statementType === "SELECT") return;
  throw new MaestroError(
    "invalidInput",
    `only a single SELECT can be previewed, and this is ${statementType ?? "something else"}: run the table to execute it`,
    { field: "definition.query" },
  );
}

function queryOf(projectId: string, definition: TableDefinition): Record<string, unknown> {
  const { query, legacySql, dataset, costCapBytes } = definition;
  return {
    query,
    useLegacySql: legacySql,
    ...(legacySql ? { allowLargeResults: false } : {}),
    defaultDataset: { projectId, datasetId: dataset },
    ...(costCapBytes === null ? {} : { maximumBytesBilled: String(costCapBytes) }),
  };
}

function assertAwaited(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new MaestroError("cancelled", "whoever asked for the preview did not wait for it");
}

/**
 * Submits the job that was noted, and answers it ended, with its statistics. However this goes on, the
 * job is cancelled if it still runs, and noted as it ended.
 */
async function runJob(
  deps: PreviewDeps,
  job: { jobId: string; configuration: JobConfiguration; labels: Record<string, string> },
  signal: AbortSignal | undefined,
): Promise<JobStatus> {
  const { jobId } = job;
  // An insert that is not known to be refused may still arrive.
  let whyNone: string | null = null;
  let isNoted = false;
  try {
    await deps.warehouse.insertJob(jobId, job.configuration, job.labels).catch((error: unknown) => {
      if (error instanceof MaestroError && !error.retryable) whyNone = error.message;
      throw error;
    });
    await markPreviewSubmitted(deps.db, jobId, deps.now());
    const done = await awaitDone(deps, jobId, signal);
    await notePreviewEnd(deps, jobId, done);
    isNoted = true;
    return done;
  } finally {
    if (!isNoted) await settlePreview(deps, jobId, whyNone);
  }
}

/** The ended job, with its statistics; cancelled where nobody waits any more. */
async function awaitDone(
  deps: PreviewDeps,
  jobId: string,
  signal: AbortSignal | undefined,
): Promise<JobStatus> {
  const { warehouse } = deps;
  const cancel = () =>
    void warehouse.cancelJob(jobId).catch((error: unknown) => {
      deps.log.warn({ job: jobId, err: error }, "a preview could not be cancelled");
    });
  signal?.addEventListener("abort", cancel);
  try {
    if (signal?.aborted) cancel();
    const until = deps.now().getTime() + longestMs;
    let status = await warehouse.awaitQuery(jobId, pollMs);
    while (status !== null && status.state !== "DONE") {
      assertAwaited(signal);
      if (deps.now().getTime() > until) {
        throw new MaestroError(
          "timeout",
          `the preview took longer than ${longestMs / 60_000} minutes and was cancelled: run the table instead`,
        );
      }
      status = await warehouse.awaitQuery(jobId, pollMs);
    }
    const whole = status === null ? null : await warehouse.getJob(jobId);
    if (whole === null) {
      throw new MaestroError("warehouse", `BigQuery no longer has the job ${jobId}`);
    }
    return whole;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

async function readRows(
  { warehouse }: PreviewDeps,
  done: JobStatus,
  maxRows: number,
): Promise<Pick<QueryPreview, "schema" | "rows" | "totalRows">> {
  const query = done.configuration["query"] as
    | { destinationTable?: { datasetId: string; tableId: string } }
    | undefined;
  const result = query?.destinationTable;
  if (!result) throw new MaestroError("warehouse", "BigQuery does not say where the result is");
  const { schema, rows, totalRows } = await warehouse.preview(
    result.datasetId,
    result.tableId,
    maxRows,
  );
  return { schema, rows, totalRows };
}

/** What a job says when it ends without success is of its SQL or its cap, and has no position. */
function refusal(message: string): MaestroError {
  const at = /\bat \[(\d+):(\d+)\]/.exec(message);
  return new MaestroError("invalidSql", message, {
    ...(at ? { position: { line: Number(at[1]), column: Number(at[2]) } } : {}),
  });
}
