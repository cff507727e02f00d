import type pg from "pg";
import type { CloudPlace } from "../../shared/cloud.ts";
import type { RunState } from "../../shared/run.ts";
import type { TransferKeys } from "./transfers.ts";
import type { Transition } from "./transition.ts";

/* What people do to runs: cancel and resume. All of it happens inside a transition (transition.ts). */

export interface RunHead {
  id: number;
  state: RunState;
  frequencyId: number | null;
  isCancelling: boolean;
  resumedCount: number;
  /** Where it began; null for one of an older version. */
  cloud: CloudPlace | null;
}

/** Locked until the end of the transition. */
export async function lockRun(transition: Transition, id: number): Promise<RunHead | null> {
  const rows = await transition.query<RunHead>(
    "lock run",
    `select id::float8 as id, state, frequency_id::float8 as "frequencyId",
       cancel_requested_at is not null as "isCancelling", resumed_count as "resumedCount", cloud
     from runs where id = $1 for update`,
    [id],
  );
  return rows[0] ?? null;
}

interface Changed {
  id: number;
  runId: number;
  tableId: number;
}

const changed = `t.id::float8 as id, t.run_id::float8 as "runId", t.table_id::float8 as "tableId"`;

/** Adds to `steering`: $2 the action, $3 who. */
const steered = `steering = coalesce(steering, '[]') || jsonb_build_object('action', $2::text,
  'by', $3::text, 'at', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`;

/** From here on the daemons that drive its table runs cancel them. */
export async function markCancelled(
  transition: Transition,
  runId: number,
  by: string,
): Promise<void> {
  await transition.query(
    "mark run cancelled",
    `update runs set cancel_requested_at = clock_timestamp(), ${steered} where id = $1`,
    [runId, "cancel", by],
  );
}

/** Cancels at once all that nobody drives: what waits, what is ready, what is parked. */
export function cancelUndriven(
  transition: Transition,
  runId: number,
  by: string,
): Promise<Changed[]> {
  return transition.query<Changed>(
    "cancel undriven",
    `update table_runs t
     set state = 'cancelled', fence = t.fence + 1, ended_at = clock_timestamp(),
       reason = jsonb_build_object('code', 'cancelled', 'text', 'the run was cancelled by ' || $2)
     where t.run_id = $1 and (t.state in ('waiting', 'ready')
       or (t.state = 'running' and t.lease_owner is null))
     returning ${changed}`,
    [runId, by],
  );
}

/** Ends the queued transfers of a run, and marks the running ones for their rooms. */
export function cancelTransfers(
  transition: Transition,
  runId: number,
  by: string,
): Promise<TransferKeys[]> {
  return transition.query<TransferKeys>(
    "cancel transfers",
    `update transfers x
     set cancel_requested_at = clock_timestamp(), cancel_requested_by = $2,
       state = case when x.state = 'queued' then 'cancelled' else x.state end,
       ended_at = case when x.state = 'queued' then clock_timestamp() end
     from table_runs t
     where t.id = x.table_run_id and t.run_id = $1 and x.state in ('queued', 'running')
     returning x.id::float8 as id, x.table_id::float8 as "tableId",
       x.table_run_id::float8 as "tableRunId", t.run_id::float8 as "runId"`,
    [runId, by],
  );
}

/** Back to where it was before its end. */
export async function reopenRun(transition: Transition, runId: number, by: string): Promise<void> {
  await transition.query(
    "reopen run",
    `update runs set state = 'running', reason = null, ended_at = null, cancel_requested_at = null,
       resumed_count = resumed_count + 1, ${steered} where id = $1`,
    [runId, "resume", by],
  );
}

/** Whether anything of it is to be run again once it has ended. */
export async function hasFailures(transition: Transition, runId: number): Promise<boolean> {
  const rows = await transition.query(
    "has failures",
    `select from table_runs t where t.run_id = $1 and ${isToReopen} limit 1`,
    [runId],
  );
  return rows.length > 0;
}

const isToReopen = `(t.state in ('failed', 'cancelled')
  or (t.state = 'skipped' and t.reason ->> 'code' <> 'conditionFalse'))`;

/**
 * What would be run again and whose table is deleted is skipped instead, so that the run can end
 * well: as at an assembly, a deleted table is no part of it, and its children read its last version.
 */
export function skipDeleted(transition: Transition, runId: number): Promise<Changed[]> {
  return transition.query<Changed>(
    "skip deleted",
    `update table_runs t
     set state = 'skipped', ended_at = clock_timestamp(), reason = jsonb_build_object('code',
       'tableDeleted', 'text', 'the table was deleted before the run was resumed')
     from tables x
     where t.run_id = $1 and x.id = t.table_id and x.deleted_at is not null and ${isToReopen}
     returning ${changed}`,
    [runId],
  );
}

/**
 * Makes what failed, was skipped for a failure, or was cancelled, wait or ready again. A step that
 * had succeeded is not done again: it goes on at the step that it ended in. An import whose load did
 * not succeed imports anew, also where its files are staged still: another run may have loaded the
 * same rows meanwhile, and only a fresh import reads above the watermark of now. An export stages its
 * files anew: those of before may be gone. Those of
 * `uploadAgain` wait for other files. What waited for ticks of other frequencies waits for them again,
 * as long as at first. Call skipDeleted first.
 */
export async function reopenTableRuns(
  transition: Transition,
  runId: number,
  uploadAgain: number[],
): Promise<Changed[]> {
  return transition.query<Changed>(
    "reopen table runs",
    `with reopened as (
       select t.id, (
         select count(*)::int from table_runs p
         where p.id = any(t.parent_ids) and p.state <> 'succeeded'
           and p.reason ->> 'code' is distinct from 'tableDeleted')
         + (t.awaits <> '[]')::int as pending,
         coalesce(f.parent_wait_seconds, f.period_seconds) as await_seconds
       from table_runs t
       join runs u on u.id = t.run_id
       left join frequencies f on f.id = u.frequency_id
       where t.run_id = $1 and ${isToReopen}
         and not exists (select from tables x where x.id = t.table_id and x.deleted_at is not null)
     )
     update table_runs t
     set state = case when r.pending = 0 then 'ready' else 'waiting' end,
       pending_parents = r.pending, reason = null,
       await_until = case when t.awaits <> '[]' then
         clock_timestamp() + make_interval(secs => r.await_seconds) end,
       step = case when t.id = any($2) then 'upload'
         when t.step = 'load' and t.definition ->> 'kind' = 'import' then 'import'
         when t.step = 'export' then 'stage' else t.step end,
       staged_objects = case when t.id = any($2) then '{}' else t.staged_objects end,
       fence = t.fence + 1, lease_owner = null, lease_until = null, ended_at = null,
       started_at = null, ready_at = case when r.pending = 0 then clock_timestamp() end
     from reopened r where t.id = r.id
     returning ${changed}`,
    [runId, uploadAgain],
  );
}

/** External tables whose load has failed, with BigQuery's reason. */
export function selectFailedUploads(
  transition: Transition,
  runId: number,
): Promise<{ id: number; errorReason: string }[]> {
  return transition.query(
    "select failed uploads",
    `select distinct on (t.id) t.id::float8 as id, coalesce(j.error_reason, '') as "errorReason"
     from table_runs t join jobs j on j.table_run_id = t.id and j.step = 'load'
     where t.run_id = $1 and t.state = 'failed' and t.step = 'load'
       and t.definition ->> 'kind' = 'external'
     order by t.id, j.attempt desc`,
    [runId],
  );
}

/** The last jobs of ended table runs that BigQuery had taken and did not show any more. */
export async function selectUnknownJobs(
  pool: pg.Pool,
  runId: number,
  unknownReasons: string[],
): Promise<{ id: number; bqJobId: string; cloud: CloudPlace | null }[]> {
  const { rows } = await pool.query(
    `select distinct on (t.id) j.id::float8 as id, j.bq_job_id as "bqJobId", r.cloud
     from table_runs t join runs r on r.id = t.run_id
     join jobs j on j.table_run_id = t.id and j.step = t.step
     where t.run_id = $1 and t.state in ('failed', 'cancelled')
       and j.error_reason = any($2) and not exists (
       select from jobs l where l.table_run_id = t.id and l.step = t.step and l.attempt > j.attempt)
     order by t.id`,
    [runId, unknownReasons],
  );
  return rows;
}

/** The extracts that have succeeded, and whose files were not listed. Call it before reopenTableRuns. */
export function selectUnlistedExtracts(
  transition: Transition,
  runId: number,
): Promise<{ id: number }[]> {
  return transition.query(
    "select unlisted extracts",
    `select j.id::float8 as id from table_runs t join jobs j on j.table_run_id = t.id
     where t.run_id = $1 and t.state in ('failed', 'cancelled') and t.step = 'extract'
       and j.step = 'extract' and j.state = 'succeeded' and not exists (
       select from jobs l
       where l.table_run_id = t.id and l.step = 'extract' and l.attempt > j.attempt)`,
    [runId],
  );
}

/** Has reopened table runs go on with these jobs, instead of one more attempt. */
export async function reviveJobs(transition: Transition, ids: number[]): Promise<void> {
  await transition.query(
    "revive jobs",
    `with revived as (
       update jobs j set state = 'running', error = null, error_reason = null, statistics = null,
         ended_at = null
       from table_runs t
       where j.id = any($1) and t.id = j.table_run_id and t.state in ('waiting', 'ready')
       returning j.table_run_id, j.step
     )
     update table_runs t set step = r.step from revived r where t.id = r.table_run_id`,
    [ids],
  );
}
