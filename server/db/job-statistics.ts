import { sql } from "drizzle-orm";
import type { CloudPlace } from "../../shared/cloud.ts";
import type { JobFigures } from "../../shared/job.ts";
import { keptJson } from "../../shared/text.ts";
import type { Db } from "./client.ts";
import type { Transition } from "./transition.ts";

/*
 * The statistics of queries, which are read after their children were let go: what a job cost is no
 * reason to wait. A run ends when all of its are stored, so that an ended run has all its figures.
 */

export interface UnreadJob {
  id: number;
  bqJobId: string;
  /** Where its run began; null for one of an older version. */
  cloud: CloudPlace | null;
  /** Since its end. */
  waitedSeconds: number;
}

/** One that BigQuery has just refused to show is let alone for so long. */
const retrySeconds = 5;

/** Jobs that have succeeded and whose statistics are still to be read, the never asked for first. */
export async function selectUnreadJobs(db: Db, limit: number): Promise<UnreadJob[]> {
  const { rows } = await db.execute<UnreadJob & Record<string, unknown>>(sql`
    select id::float8 as id, bq_job_id as "bqJobId",
      (select r.cloud from table_runs t join runs r on r.id = t.run_id
        where t.id = table_run_id) as cloud,
      extract(epoch from clock_timestamp() - ended_at)::float8 as "waitedSeconds"
    from jobs
    where state = 'succeeded' and statistics is null and (statistics_tried_at is null
      or statistics_tried_at < clock_timestamp() - make_interval(secs => ${retrySeconds}))
    order by statistics_tried_at nulls first, id
    limit ${limit}`);
  return rows;
}

export interface ReadJob extends JobFigures {
  jobId: number;
  /** Null where they could not be read, and are asked for again. */
  statistics: Record<string, unknown> | null;
  statisticsError: string | null;
}

/** Stores what was read, once; the runs beside in which no table run is left to end. */
export function storeStatistics(
  transition: Transition,
  read: ReadJob[],
): Promise<{ runId: number }[]> {
  return transition.query(
    "store statistics",
    `with read as (
       update jobs j
       set statistics = s.statistics, statistics_error = s."statisticsError",
         statistics_tried_at = clock_timestamp(),
         bytes_processed = coalesce(s."bytesProcessed", j.bytes_processed),
         bytes_billed = s."bytesBilled", slot_ms = s."slotMs",
         cache_hit = coalesce(s."cacheHit", j.cache_hit),
         started_at = to_timestamp(s."startMs" / 1000.0),
         ended_at = coalesce(to_timestamp(s."endMs" / 1000.0), j.ended_at)
       from jsonb_to_recordset($1::jsonb) as s("jobId" bigint, statistics jsonb,
         "statisticsError" text, "bytesProcessed" bigint, "bytesBilled" bigint, "slotMs" bigint,
         "cacheHit" boolean, "startMs" float8, "endMs" float8)
       where j.id = s."jobId" and j.statistics is null
       returning j.table_run_id, j.statistics
     )
     select r.run_id::float8 as "runId"
     from (
       select distinct t.run_id from read join table_runs t on t.id = read.table_run_id
       where read.statistics is not null
     ) r
     where not exists (
       select from table_runs o
       where o.run_id = r.run_id and o.state in ('waiting', 'ready', 'running'))`,
    [keptJson(read)],
  );
}
