import type { JobFigures, JobState, JobStep } from "../../shared/job.ts";
import type { Reason, RunState, TableRunState } from "../../shared/run.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { keptJson } from "../../shared/text.ts";
import { figuresAtEnd } from "./run-figures.ts";
import { parkedList } from "./steps.ts";
import type { Transition } from "./transition.ts";

/*
 * The ends of jobs and of table runs. All of it happens inside a transition (transition.ts), many
 * at a time, and each row only where the fence named is the one that the table run has.
 */

/** How a job ended, with what BigQuery said of it. */
export interface JobEnd extends JobFigures {
  jobId: number;
  state: Exclude<JobState, "pending" | "running">;
  error: string | null;
  errorReason: string | null;
  /** Null where they are still to be read. */
  statistics: Record<string, unknown> | null;
}

export interface Settlement {
  tableRunId: number;
  fence: number;
  /** `running`: it goes on, with another attempt or its next step. */
  state: Extract<TableRunState, "running" | "succeeded" | "failed" | "cancelled">;
  step: string;
  reason: Reason | null;
  rowCount: number | null;
  /** How many rows the table has now, where that is known. */
  tableRows: number | null;
  /** It gave the table no new contents, but delivered those that it had. */
  isDelivery?: boolean;
  /** Null: as they were. */
  extractObjects: string[] | null;
  /** The table's columns, where it is staged next; absent or null where they are not known. */
  tableSchema?: FieldSchema[] | null;
  /** How long another attempt waits; absent where none is made. */
  retryInMs?: number;
  /** Null for one that was parked, or that failed before it had a job. */
  job: JobEnd | null;
}

export interface Settled {
  id: number;
  runId: number;
  tableId: number;
  state: TableRunState;
  /** How long ago its run was cancelled; null where it was not. */
  cancelledSeconds?: number | null;
  /** Any of the children that are ready now is for a parked step. */
  readiesParked?: boolean;
  /** It has ended, and a table run of another frequency waits for its table. */
  isAwaited?: boolean;
  /** Nothing is left to do in its run. (What a failure skips is not looked at.) */
  isLast?: boolean;
}

/**
 * $1 settlements as JSON. Decrements the children of what succeeded, and readies the last-awaited. A
 * table whose row somebody has locked is not waited for: what the lists show of it comes with its size
 * (storeTableSize).
 */
const isDriven = `s.step <> all(${parkedList})`;

const settleText = `
  with s as materialized (
    select * from jsonb_to_recordset($1::jsonb) as s(
      "tableRunId" bigint, fence int, state text, step text, reason jsonb, "rowCount" bigint,
      "tableRows" bigint, "extractObjects" text[], "isDelivery" boolean, job jsonb)
  ), held as materialized (
    select t.id from table_runs t join s on s."tableRunId" = t.id and s.fence = t.fence
    where t.state = 'running' order by t.id for update of t
  ), ended_jobs as (
    update jobs j
    set state = e.state, error = e.error, error_reason = e."errorReason",
      statistics = e.statistics, bytes_processed = e."bytesProcessed",
      bytes_billed = e."bytesBilled", slot_ms = e."slotMs", cache_hit = e."cacheHit",
      submitted_at = coalesce(j.submitted_at, clock_timestamp()),
      started_at = to_timestamp(e."startMs" / 1000.0),
      ended_at = coalesce(to_timestamp(e."endMs" / 1000.0), clock_timestamp())
    from s join held on held.id = s."tableRunId"
    cross join lateral jsonb_to_record(s.job) as e(
      "jobId" bigint, state text, error text, "errorReason" text, statistics jsonb,
      "bytesProcessed" bigint, "bytesBilled" bigint, "slotMs" bigint, "cacheHit" boolean,
      "startMs" float8, "endMs" float8)
    where j.id = e."jobId"
  ), awaited as materialized (
    select (a.value ->> 'tableId')::bigint as id
    from table_runs w cross join lateral jsonb_array_elements(w.awaits) as a(value)
    where w.state = 'waiting' and w.awaits <> '[]'
  ), moved as (
    update table_runs t
    set state = s.state, step = s.step, reason = s.reason,
      row_count = coalesce(s."rowCount", t.row_count),
      extract_objects = coalesce(s."extractObjects", t.extract_objects),
      lease_owner = case when s.state = 'running' and ${isDriven} then t.lease_owner end,
      lease_until = case when s.state = 'running' and ${isDriven} then t.lease_until end,
      ended_at = case when s.state <> 'running' then clock_timestamp() end
    from s, held where t.id = s."tableRunId" and held.id = t.id
    returning t.id, t.run_id, t.table_id, t.state, t.child_ids
  ), children as (
    update table_runs c
    set pending_parents = c.pending_parents - k.ended,
      state = case when c.pending_parents = k.ended then 'ready' else c.state end,
      ready_at = case when c.pending_parents = k.ended then clock_timestamp() end
    from (
      select child, count(*)::int as ended from moved, unnest(child_ids) as child
      where moved.state = 'succeeded' group by child
    ) k
    where c.id = k.child and c.state = 'waiting'
    returning c.state, c.step
  ), free as (
    select id from tables where id in (select table_id from moved)
    order by id for no key update skip locked
  ), fresh as (
    update tables t
    set last_ok_at = case when moved.state = 'succeeded' and s."isDelivery" is not true
        then clock_timestamp() else t.last_ok_at end,
      row_count = coalesce(s."tableRows", t.row_count)
    from moved join s on s."tableRunId" = moved.id join free on free.id = moved.table_id
    where t.id = free.id and (moved.state = 'succeeded' or s."tableRows" is not null)
  )
  select m.id::float8 as id, m.run_id::float8 as "runId", m.table_id::float8 as "tableId", m.state,
    extract(epoch from clock_timestamp() - r.cancel_requested_at)::float8 as "cancelledSeconds",
    exists (select from children where state = 'ready' and step = any(${parkedList}))
      as "readiesParked",
    m.state <> 'running' and m.table_id in (select id from awaited) as "isAwaited",
    not exists (
      select from table_runs t
      where t.run_id = m.run_id and t.state in ('waiting', 'ready', 'running')
        and not exists (select from moved o where o.id = t.id and o.state <> 'running')
    ) as "isLast"
  from moved m join runs r on r.id = m.run_id`;

/** Those that were changed: a settlement under a fence that is no longer the row's is not among them. */
export function settle(transition: Transition, settlements: Settlement[]): Promise<Settled[]> {
  return transition.query<Settled>("settle", settleText, [keptJson(settlements)]);
}

/** Skips the waiting descendants of table runs that failed or were cancelled, naming the cause. */
export function skipDescendants(transition: Transition, failedIds: number[]): Promise<Settled[]> {
  return transition.query<Settled>(
    "skip descendants",
    `with recursive below(id, cause) as (
       select child, f.id from table_runs f, unnest(f.child_ids) as child where f.id = any($1)
       union
       select child, b.cause from below b
       join table_runs t on t.id = b.id, unnest(t.child_ids) as child
     ), first_cause as (
       select id, min(cause) as cause from below group by id
     ), causes as (
       select b.id, jsonb_build_object('code', 'parentFailed', 'tableRunId', f.id,
         'text', (f.definition ->> 'dataset') || '.' || (f.definition ->> 'name')
           || case f.state when 'cancelled' then ' was cancelled' else ' failed' end) as reason
       from first_cause b join table_runs f on f.id = b.cause
     )
     update table_runs t
     set state = 'skipped', reason = c.reason, ended_at = clock_timestamp()
     from causes c where t.id = c.id and t.state = 'waiting'
     returning t.id::float8 as id, t.run_id::float8 as "runId", t.table_id::float8 as "tableId",
       t.state`,
    [failedIds],
  );
}

/**
 * The runs among these in which nothing is left to do and no figures are left to read, with their
 * table runs by state.
 */
export function countFinished(
  transition: Transition,
  runIds: number[],
): Promise<{ id: number; counts: Partial<Record<TableRunState, number>> }[]> {
  return transition.query(
    "count finished",
    `select r.id::float8 as id,
       (select jsonb_object_agg(state, n) from (
         select state, count(*) as n from table_runs t where t.run_id = r.id group by state) c
       ) as counts
     from runs r
     where r.id = any($1) and r.ended_at is null and not exists (
       select from table_runs t
       where t.run_id = r.id and t.state in ('waiting', 'ready', 'running'))
       and not exists (
         select from jobs j join table_runs t on t.id = j.table_run_id
         where j.state = 'succeeded' and j.statistics is null and t.run_id = r.id)`,
    [runIds],
  );
}

/** Runs that have not ended although none of their table runs is left. */
export function selectStranded(transition: Transition): Promise<{ id: number }[]> {
  return transition.query(
    "select stranded",
    `select r.id::float8 as id from runs r
     where r.ended_at is null and not exists (
       select from table_runs t
       where t.run_id = r.id and t.state in ('waiting', 'ready', 'running'))`,
    [],
  );
}

export async function endRun(transition: Transition, id: number, state: RunState): Promise<void> {
  await transition.query(
    "end run",
    `update runs r set state = $2, ended_at = clock_timestamp(), figures = ${figuresAtEnd}
     where id = $1 and ended_at is null`,
    [id, state],
  );
}

/** A job about to be inserted in BigQuery. */
export interface NewJob {
  tableRunId: number;
  tableId: number;
  step: JobStep;
  attempt: number;
  bqJobId: string;
  configuration: Record<string, unknown>;
  configurationHash: string;
  /** Whom it is billed to, as on its labels; empty where nobody is known. */
  user: string;
  group: string;
}

/**
 * Stores them and commits. Their ids, by BigQuery's job id. A row that is there already stays as it is: its transition was
 * committed, and the connection broke before we heard of it.
 */
export async function insertJobs(
  transition: Transition,
  newJobs: NewJob[],
): Promise<Map<string, number>> {
  const rows = await transition.queryAndCommit<{ id: number; bqJobId: string }>(
    "insert jobs",
    `insert into jobs (table_run_id, table_id, step, attempt, bq_job_id, configuration,
       configuration_hash, user_email, group_name, created_at)
     select "tableRunId", "tableId", step, attempt, "bqJobId", configuration, "configurationHash",
       "user", "group", clock_timestamp()
     from jsonb_to_recordset($1::jsonb) as n("tableRunId" bigint, "tableId" bigint, step text,
       attempt int, "bqJobId" text, configuration jsonb, "configurationHash" text, "user" text, "group" text)
     on conflict (bq_job_id) do update set bq_job_id = excluded.bq_job_id
     returning id::float8 as id, bq_job_id as "bqJobId"`,
    [keptJson(newJobs)],
  );
  return new Map(rows.map(({ id, bqJobId }) => [bqJobId, id]));
}

/** Notes that BigQuery has these jobs: from here on a 404 means that it lost them. */
export async function markSubmitted(
  transition: Transition,
  submitted: { jobId: number; tableRunId: number; fence: number }[],
): Promise<void> {
  await transition.query(
    "mark submitted",
    `update jobs j set state = 'running', submitted_at = clock_timestamp()
     from unnest($1::bigint[], $2::bigint[], $3::int[]) as s(job_id, table_run_id, fence),
       table_runs t
     where j.id = s.job_id and j.state = 'pending' and t.id = s.table_run_id and t.fence = s.fence`,
    [
      submitted.map((each) => each.jobId),
      submitted.map((each) => each.tableRunId),
      submitted.map((each) => each.fence),
    ],
  );
}
