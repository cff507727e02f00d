import { and, desc, eq, isNull, lt, type SQL, sql } from "drizzle-orm";
import { jobs, tableRuns } from "../../drizzle/schema/runs.ts";
import { datasets, tables } from "../../drizzle/schema/tables.ts";
import type { JobView } from "../../shared/job.ts";
import type { Db } from "./client.ts";
import { jsonText } from "./transition.ts";

export interface UnreadJob extends Record<string, unknown> {
  id: number;
  bqJobId: string;
  /** Since its end. */
  waitedSeconds: number;
}

/** One that BigQuery has just refused to show is let alone for so long. */
const retrySeconds = 5;

/** Jobs that have succeeded and whose statistics are still to be read, the never asked for first. */
export async function selectUnreadJobs(db: Db, limit: number): Promise<UnreadJob[]> {
  const { rows } = await db.execute<UnreadJob>(sql`
    select id::float8 as id, bq_job_id as "bqJobId",
      extract(epoch from clock_timestamp() - ended_at)::float8 as "waitedSeconds"
    from jobs
    where state = 'succeeded' and statistics is null and (statistics_tried_at is null
      or statistics_tried_at < clock_timestamp() - make_interval(secs => ${retrySeconds}))
    order by statistics_tried_at nulls first, id
    limit ${limit}`);
  return rows;
}

export interface ReadJob {
  jobId: number;
  /** Null where they could not be read, and are asked for again. */
  statistics: Record<string, unknown> | null;
  statisticsError: string | null;
  bytesProcessed: number | null;
  bytesBilled: number | null;
  slotMs: number | null;
  cacheHit: boolean | null;
  startMs: number | null;
  endMs: number | null;
}

/** Stores what was read; the runs that have nothing left to do beside. */
export async function storeStatistics(db: Db, read: ReadJob[]): Promise<number[]> {
  const { rows } = await db.execute<{ id: number }>(sql`
    with read as (
      update jobs j
      set statistics = s.statistics, statistics_error = s."statisticsError",
        statistics_tried_at = clock_timestamp(),
        bytes_processed = coalesce(s."bytesProcessed", j.bytes_processed),
        bytes_billed = s."bytesBilled", slot_ms = s."slotMs",
        cache_hit = coalesce(s."cacheHit", j.cache_hit),
        started_at = to_timestamp(s."startMs" / 1000.0),
        ended_at = coalesce(to_timestamp(s."endMs" / 1000.0), j.ended_at)
      from jsonb_to_recordset(${jsonText(read)}::jsonb) as s("jobId" bigint, statistics jsonb,
        "statisticsError" text, "bytesProcessed" bigint, "bytesBilled" bigint, "slotMs" bigint,
        "cacheHit" boolean, "startMs" float8, "endMs" float8)
      where j.id = s."jobId" and j.statistics is null
      returning j.table_run_id, j.statistics
    )
    select distinct t.run_id::float8 as id from read join table_runs t on t.id = read.table_run_id
    where read.statistics is not null and not exists (select from table_runs o
      where o.run_id = t.run_id and o.state in ('waiting', 'ready', 'running'))`);
  return rows.map(({ id }) => id);
}

/** How large a table run has left its table. Rows that its load counted stay. */
export async function storeTableSize(
  db: Db,
  size: { tableRunId: number; tableId: number; rowCount: number; bytes: number },
): Promise<void> {
  const { rowCount, bytes } = size;
  await db.update(tables).set({ rowCount, bytes }).where(eq(tables.id, size.tableId));
  await db
    .update(tableRuns)
    .set({ rowCount })
    .where(and(eq(tableRuns.id, size.tableRunId), isNull(tableRuns.rowCount)));
}

export interface JobFilter {
  tableId?: number | undefined;
  runId?: number | undefined;
  beforeId?: number | undefined;
  limit: number;
}

/** The newest first. */
export async function listJobs(db: Db, filter: JobFilter): Promise<JobView[]> {
  const conditions: (SQL | undefined)[] = [
    filter.tableId === undefined ? undefined : eq(jobs.tableId, filter.tableId),
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
    statisticsError: job.statisticsError,
    createdAt: job.createdAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    endedAt: job.endedAt?.toISOString() ?? null,
  };
}
