import { and, desc, eq, isNull, lt, type SQL, sql } from "drizzle-orm";
import { jobs, tableRuns } from "../../drizzle/schema/runs.ts";
import { datasets, tables } from "../../drizzle/schema/tables.ts";
import type { JobView } from "../../shared/job.ts";
import type { Db } from "./client.ts";

/** How large a table run has left its table. Rows that its load counted stay. */
export async function storeTableSize(
  db: Db,
  size: { tableRunId: number; tableId: number; rowCount: number; bytes: number },
): Promise<void> {
  const { rowCount, bytes } = size;
  // Its last success too: who wrote that waits for no lock on the table's row.
  const lastOkAt = sql`greatest(${tables.lastOkAt}, (select ${tableRuns.endedAt} from ${tableRuns}
    where ${tableRuns.id} = ${size.tableRunId}))`;
  await db.update(tables).set({ rowCount, bytes, lastOkAt }).where(eq(tables.id, size.tableId));
  await db
    .update(tableRuns)
    .set({ rowCount })
    .where(and(eq(tableRuns.id, size.tableRunId), isNull(tableRuns.rowCount)));
}

export interface JobFilter {
  tableId?: number | undefined;
  tableRunId?: number | undefined;
  runId?: number | undefined;
  beforeId?: number | undefined;
  limit: number;
}

/** The newest first. */
export async function listJobs(db: Db, filter: JobFilter): Promise<JobView[]> {
  const conditions: (SQL | undefined)[] = [
    filter.tableId === undefined ? undefined : eq(jobs.tableId, filter.tableId),
    filter.tableRunId === undefined ? undefined : eq(jobs.tableRunId, filter.tableRunId),
    filter.runId === undefined ? undefined : eq(tableRuns.runId, filter.runId),
    filter.beforeId === undefined ? undefined : lt(jobs.id, filter.beforeId),
  ];
  const rows = await db
    .select({
      job: jobs,
      runId: tableRuns.runId,
      tableName: sql<string | null>`${datasets.name} || '.' || ${tables.name}`,
    })
    .from(jobs)
    .leftJoin(tableRuns, eq(tableRuns.id, jobs.tableRunId))
    .leftJoin(tables, eq(tables.id, jobs.tableId))
    .leftJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(and(...conditions))
    .orderBy(desc(jobs.id))
    .limit(filter.limit);
  return rows.map(({ job, runId, tableName }) => toView(job, runId, tableName));
}

function toView(
  job: typeof jobs.$inferSelect,
  runId: number | null,
  tableName: string | null,
): JobView {
  return {
    id: job.id,
    bqJobId: job.bqJobId,
    step: job.step,
    attempt: job.attempt,
    state: job.state,
    tableId: job.tableId,
    tableName,
    runId,
    tableRunId: job.tableRunId,
    error: job.error,
    bytesProcessed: job.bytesProcessed,
    bytesBilled: job.bytesBilled,
    slotMs: job.slotMs,
    cacheHit: job.cacheHit,
    referencedTables: referencedTablesOf(job),
    statisticsError: job.statisticsError,
    createdAt: job.createdAt.toISOString(),
    acceptedAt: acceptedAtOf(job),
    startedAt: job.startedAt?.toISOString() ?? null,
    endedAt: job.endedAt?.toISOString() ?? null,
  };
}

/** REST: JobStatistics2.referencedTables. */
function referencedTablesOf({ statistics }: typeof jobs.$inferSelect): string[] {
  const query = statistics?.["query"] as { referencedTables?: TableReference[] } | undefined;
  return (query?.referencedTables ?? []).map(
    ({ projectId, datasetId, tableId }) => `${projectId}.${datasetId}.${tableId}`,
  );
}

interface TableReference {
  projectId: string;
  datasetId: string;
  tableId: string;
}

function acceptedAtOf({ statistics }: typeof jobs.$inferSelect): string | null {
  const ms = Number(statistics?.["creationTime"] ?? Number.NaN);
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}
