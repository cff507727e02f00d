import { and, eq, isNull, sql } from "drizzle-orm";
import { tableRuns } from "../../drizzle/schema/runs.ts";
import { tables } from "../../drizzle/schema/tables.ts";
import type { JobView } from "../../shared/job.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

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

/**
 * The newest first, each as it is shown: configurations and statistics are long, and stay in the
 * database.
 */
export async function listJobs(db: Db, filter: JobFilter): Promise<JobView[]> {
  const { tableId, tableRunId, runId, beforeId, limit } = filter;
  const conditions = [
    sql`true`,
    tableId === undefined ? undefined : sql`j.table_id = ${tableId}`,
    tableRunId === undefined ? undefined : sql`j.table_run_id = ${tableRunId}`,
    runId === undefined ? undefined : sql`r.run_id = ${runId}`,
    beforeId === undefined ? undefined : sql`j.id < ${beforeId}`,
  ].filter((condition) => condition !== undefined);
  const { rows } = await db.execute<JobView & Record<string, unknown>>(sql`
    select j.id::float8 as id, j.bq_job_id as "bqJobId", j.step, j.attempt, j.state,
      j.table_id::float8 as "tableId", d.name || '.' || t.name as "tableName",
      r.run_id::float8 as "runId", j.table_run_id::float8 as "tableRunId", j.error,
      j.bytes_processed::float8 as "bytesProcessed", j.bytes_billed::float8 as "bytesBilled",
      j.slot_ms::float8 as "slotMs", j.cache_hit as "cacheHit",
      ${referencedTables} as "referencedTables", j.statistics_error as "statisticsError",
      ${isoText("j.created_at")} as "createdAt", ${acceptedAt} as "acceptedAt",
      ${isoText("j.started_at")} as "startedAt", ${isoText("j.ended_at")} as "endedAt"
    from jobs j
    left join table_runs r on r.id = j.table_run_id
    left join tables t on t.id = j.table_id
    left join datasets d on d.id = t.dataset_id
    where ${sql.join(conditions, sql` and `)}
    order by j.id desc limit ${limit}`);
  return rows;
}

/** REST: JobStatistics2.referencedTables. */
const referencedTables = sql`coalesce((
  select jsonb_agg(concat_ws('.', s ->> 'projectId', s ->> 'datasetId', s ->> 'tableId'))
  from jsonb_array_elements(
    case jsonb_typeof(j.statistics #> '{query,referencedTables}')
      when 'array' then j.statistics #> '{query,referencedTables}' end) s), '[]')`;

/** REST: JobStatistics.creationTime, milliseconds as text. */
const acceptedAt = sql`case when j.statistics ->> 'creationTime' ~ '^[0-9]{1,14}$' then
  ${isoText("to_timestamp((j.statistics ->> 'creationTime')::float8 / 1000)")} end`;
