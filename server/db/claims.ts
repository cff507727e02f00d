import type { TransferResult } from "../../drizzle/schema/transfers.ts";
import type { CloudPlace } from "../../shared/cloud.ts";
import type { JobStep } from "../../shared/job.ts";
import type { FieldSchema, TableDefinition } from "../../shared/table.ts";
import { isAbsent } from "./presence.ts";
import { parkedList } from "./steps.ts";
import type { Transition } from "./transition.ts";

/*
 * The claims of table runs by daemons. All of it happens inside a transition (transition.ts).
 *
 * A claim is a lease of 15 s on PostgreSQL's clock, renewed every 5 s, and a fence: each claim adds
 * one, and every later write of the claimant names the fence it got. Whoever lost its lease writes
 * with a fence that is no longer the row's, and changes nothing.
 *
 * A running table run with a lease holds a slot, also while its lease has expired: its BigQuery job
 * goes on without us. A lease ends early whose daemon has no session any more (presence.ts), also one
 * that a clock which was set back has made last for hours. A daemon takes up at once what bears its
 * name and what it does not know of: the answer to that claim's commit was lost. A
 * running table run without a lease is parked (parking.ts) and holds no slot. No table is run by two
 * table runs at a time, whatever runs they belong to.
 */

const leaseSeconds = 15;
/** A daemon that is not to be seen has this long to come back, after a broken session say. */
const graceSeconds = 3;

/** A job's row, as the one who drives it needs it. */
export interface JobRow {
  id: number;
  bqJobId: string;
  step: JobStep;
  attempt: number;
  /** False: whether BigQuery has it is not known. */
  isSubmitted: boolean;
  configuration: Record<string, unknown>;
  configurationHash: string;
}

export interface ClaimRow {
  id: number;
  runId: number;
  tableId: number;
  /** Where its run began; null for one of an older version. */
  cloud: CloudPlace | null;
  fence: number;
  step: JobStep;
  definition: TableDefinition;
  stagedObjects: string[];
  /** How long ago its run was cancelled; null where it was not. */
  cancelledSeconds: number | null;
  /** What an import staged, at its load. */
  staged: TransferResult | null;
  /** The table's columns, where its job has ended and it is staged next. */
  tableSchema?: FieldSchema[] | null;
  /** Whom the job's costs are for: who started the run, else the table's owner. */
  user: string | null;
  group: string | null;
  /** When its run was made, as PostgreSQL writes it: to the microsecond. */
  runCreatedAt: string;
  /** The highest attempt of this step so far, and how many were made before this start or resume. */
  lastAttempt: number;
  earlierAttempts: number;
  /** The job that goes on, where the one before did not end. */
  job: JobRow | null;
}

/** One that was ready, and whether others of the same tables were passed over for want of their tables. */
type ReadyRow = ClaimRow & { hasRivals: boolean };

const cancelledSeconds = `extract(epoch from clock_timestamp() - r.cancel_requested_at)::float8
    as "cancelledSeconds"`;

/** Everything beside the claim itself, for the table runs of the CTE `claimed`. */
const describeClaimed = (more = "") => `
  select ${more} c.id::float8 as id, c.run_id::float8 as "runId", c.table_id::float8 as "tableId", r.cloud,
    c.fence, c.step, c.definition, c.staged_objects as "stagedObjects",
    ${cancelledSeconds},
    case when c.step = 'load' then
      (select x.result from transfers x where x.table_run_id = c.id and x.kind = 'import')
    end as staged,
    coalesce(s.email, o.email) as "user", g.name as "group", r.created_at::text as "runCreatedAt",
    coalesce(a.last, 0) as "lastAttempt", coalesce(a.earlier, 0) as "earlierAttempts",
    (select jsonb_build_object('id', j.id, 'bqJobId', j.bq_job_id, 'step', j.step,
        'attempt', j.attempt, 'isSubmitted', j.state = 'running',
        'configuration', j.configuration, 'configurationHash', j.configuration_hash)
      from jobs j where j.table_run_id = c.id and j.step = c.step
        and j.state in ('pending', 'running')
      order by j.attempt desc limit 1) as job
  from claimed c
  join runs r on r.id = c.run_id
  join tables t on t.id = c.table_id
  left join users s on s.id = r.started_by
  left join users o on o.id = t.owner_id
  left join groups g on g.id = (c.definition ->> 'groupId')::bigint
  left join lateral (
    select max(j.attempt) as last, max(j.attempt) filter (where j.created_at < c.ready_at) as earlier
    from jobs j where j.table_run_id = c.id and j.step = c.step) a on true`;

/**
 * $1 owner, $2 lease seconds, $3 limit overall, $4 limit of a run. Priorities are those of one run;
 * runs share the slots evenly, so that a small one does not wait for all of a large one.
 */
const claimReadyText = `
  with busy as materialized (
    select run_id, table_id, lease_owner is not null as in_slot,
      lease_owner is null and step = 'load' as loads, id
    from table_runs where state = 'running'
  ), free as materialized (
    select greatest(0, $3::int - count(*))::int as n from busy where in_slot
  ), candidates as (
    select b.id, b.run_id, b.table_id, u.slots, 0 as turn, 0 as priority,
      0::float8 as remaining_seconds
    from busy b
    cross join lateral (
      select count(*) as slots from busy o where o.run_id = b.run_id and o.in_slot) u
    where b.loads
    union all
    select c.id, r.id, c.table_id, u.slots, 1, c.priority, c.remaining_seconds
    from runs r
    cross join lateral (
      select count(*) as slots from busy o where o.run_id = r.id and o.in_slot) u
    cross join lateral (
      select t.id, t.table_id, t.priority, t.remaining_seconds
      from table_runs t
      where t.run_id = r.id and t.state = 'ready' and t.step <> all(${parkedList})
        and not exists (select from busy b where b.table_id = t.table_id)
      order by t.priority desc nulls last, t.remaining_seconds desc nulls last, t.id
      limit least((select n from free), greatest(0, $4::int - u.slots))
    ) c
    where r.ended_at is null
  ), first_of_table as (
    select distinct on (table_id) * from candidates order by table_id, turn, id
  ), in_turn as (
    select *, slots + row_number() over (
      partition by run_id order by turn, priority desc, remaining_seconds desc, id) as place
    from first_of_table
  ), picked as (
    select id from in_turn
    where place <= $4::int
    order by turn, place, priority desc, remaining_seconds desc, id
    limit (select n from free)
  ), locked as (
    select t.id from table_runs t join picked p on p.id = t.id
    order by t.id for update of t skip locked
  ), claimed as (
    update table_runs t
    set state = 'running', reason = null, fence = t.fence + 1, lease_owner = $1,
      lease_until = clock_timestamp() + make_interval(secs => $2),
      started_at = coalesce(t.started_at, clock_timestamp())
    from locked l where t.id = l.id
    returning t.id, t.run_id, t.table_id, t.fence, t.step, t.definition, t.staged_objects,
      t.ready_at, t.priority, t.remaining_seconds
  )
  ${describeClaimed(`(select count(*) from candidates) > (select count(*) from first_of_table) as "hasRivals",`)}
  order by c.priority desc, c.remaining_seconds desc, c.id`;

/** $1 owner, $2 lease seconds, $3 what the owner holds and knows of. */
const claimExpiredText = `
  with locked as (
    select id from table_runs
    where state = 'running' and lease_owner is not null and id <> all($3::bigint[]) and (
      lease_owner = $1 or lease_until < clock_timestamp()
      or (${isAbsent("lease_owner")} and not lease_until
        between clock_timestamp() + make_interval(secs => $2 - ${graceSeconds})
        and clock_timestamp() + make_interval(secs => $2)))
    order by id for update skip locked
  ), claimed as (
    update table_runs t
    set fence = t.fence + 1, lease_owner = $1,
      lease_until = clock_timestamp() + make_interval(secs => $2),
      reason = case when t.reason ->> 'code' <> 'warehouseAway' then t.reason end
    from locked l where t.id = l.id
    returning t.id, t.run_id, t.table_id, t.fence, t.step, t.definition, t.staged_objects, t.ready_at
  )
  ${describeClaimed()}`;

export interface Slots {
  concurrentTableRuns: number;
  concurrentTableRunsPerRun: number;
}

/**
 * As many ready table runs as the slots of all daemons together leave room for. Each look takes a
 * table for one run alone, and a run may have offered no others within its own limit: so it is looked
 * again as long as that leaves slots free.
 */
export async function claimReady(
  transition: Transition,
  owner: string,
  slots: Slots,
): Promise<ClaimRow[]> {
  const { concurrentTableRuns, concurrentTableRunsPerRun } = slots;
  const values = [owner, leaseSeconds, concurrentTableRuns, concurrentTableRunsPerRun];
  const claimed: ClaimRow[] = [];
  for (;;) {
    const rows = await transition.query<ReadyRow>("claim ready", claimReadyText, values);
    for (const { hasRivals: _, ...claim } of rows) claimed.push(claim);
    if (!rows.some(({ hasRivals }) => hasRivals)) return claimed;
  }
}

/** What daemons left that died, stopped, or were away for longer than their lease. */
export function claimExpired(
  transition: Transition,
  owner: string,
  heldIds: number[],
): Promise<ClaimRow[]> {
  const values = [owner, leaseSeconds, heldIds];
  return transition.query<ClaimRow>("claim expired", claimExpiredText, values);
}

export interface Held {
  tableRunId: number;
  fence: number;
}

/** Those of `held` that are held still, with how long ago their run was cancelled. */
export function renewClaims(
  transition: Transition,
  held: Held[],
): Promise<{ id: number; cancelledSeconds: number | null }[]> {
  return transition.query(
    "renew claims",
    `update table_runs t
     set lease_until = clock_timestamp() + make_interval(secs => $3)
     from unnest($1::bigint[], $2::int[]) as h(id, fence), runs r
     where t.id = h.id and t.fence = h.fence and t.state = 'running' and r.id = t.run_id
     returning t.id::float8 as id, ${cancelledSeconds}`,
    [held.map((each) => each.tableRunId), held.map((each) => each.fence), leaseSeconds],
  );
}

/** Hands back what is held: any daemon may claim it at once. */
export async function releaseClaims(transition: Transition, held: Held[]): Promise<void> {
  await transition.query(
    "release claims",
    `update table_runs t set lease_until = clock_timestamp() - interval '1 ms'
     from unnest($1::bigint[], $2::int[]) as h(id, fence)
     where t.id = h.id and t.fence = h.fence and t.state = 'running'`,
    [held.map((each) => each.tableRunId), held.map((each) => each.fence)],
  );
}
