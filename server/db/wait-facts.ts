import { type SQL, sql } from "drizzle-orm";
import type { WaitFacts } from "../../shared/wait-facts.ts";
import { awaitedKey, coveringRun } from "./awaited-ticks.ts";
import type { Db } from "./client.ts";
import { anyDaemon } from "./presence.ts";
import { idArray, isoText } from "./sql-text.ts";

/** Of those table runs of a run, or of those named, that have not ended. */
export async function selectWaitFacts(
  db: Db,
  which: { runId: number } | { ids: number[] },
): Promise<WaitFacts[]> {
  const where =
    "runId" in which ? sql`t.run_id = ${which.runId}` : sql`t.id = any(${idArray(which.ids)})`;
  const { rows } = await db.execute<WaitFacts & Record<string, unknown>>(sql`
    with open as materialized (
      select t.id, t.run_id, t.table_id, t.state, t.step, t.parent_ids, t.awaits, t.await_until,
        t.state = 'running' and t.lease_owner is null as is_parked,
        case when t.state = 'running' and t.step = 'upload' and t.staged_objects = '{}'
          then t.started_at + make_interval(
            secs => (t.definition ->> 'externalTimeoutSeconds')::float8) end as upload_until
      from table_runs t where t.state in ('waiting', 'ready', 'running') and ${where}
    ), running as materialized (
      select id, run_id, table_id, lease_owner is not null as in_slot
      from table_runs where state = 'running'
    ), slots as (
      select run_id, count(*)::int as n from running where in_slot group by run_id
    ), parents as (${pendingParents}), ticks as (${pendingTicks})
    select o.id::float8 as id, o.state, o.step, o.is_parked as "isParked",
      coalesce(p.n, 0) as "pendingParents",
      case when p.n > 0 then jsonb_build_object('tableRunId', p.first, 'tableName',
        (select d.dataset || '.' || d.name from table_runs f
         cross join lateral jsonb_to_record(f.definition) as d(dataset text, name text)
         where f.id = p.first)) end as "pendingParent",
      coalesce(k.n, 0) as "pendingTicks", k.first as "pendingTick",
      ${isoText("o.await_until")} as "awaitUntil",
      case when b.id is not null then
        jsonb_build_object('tableRunId', b.id, 'runId', b.run_id) end as busy,
      (select coalesce(sum(n), 0)::int from slots) as "slotsBusy",
      coalesce(s.n, 0) as "runSlotsBusy", (select ${anyDaemon}) as "hasDaemon",
      ${isoText("o.upload_until")} as "uploadUntil",
      case when x.id is not null then jsonb_build_object('state', x.state, 'error', x.error,
        'retryAt', case when x.state = 'queued' then ${isoText("x.lease_until")} end,
        'fullDatabase', case when x.state = 'queued' then (${fullDatabase}) end) end as transfer
    from open o
    left join parents p on p.id = o.id
    left join ticks k on k.id = o.id
    left join slots s on s.run_id = o.run_id
    left join running b on b.table_id = o.table_id and b.id <> o.id
      and (o.state = 'ready' or (o.is_parked and o.step = 'load'))
    left join transfers x on x.table_run_id = o.id and x.kind = o.step`);
  return rows;
}

/** Where as many transfers run as the database may have at once. */
const fullDatabase = sql`
  select jsonb_build_object('name', d.name, 'limit', d.concurrent_transfers) from databases d
  where d.id = x.database_id and d.concurrent_transfers <= (
    select count(*) from transfers b where b.database_id = d.id and b.state = 'running')`;

const pendingParents = sql`
  select o.id, count(*)::int as n, (array_agg(p.id order by p.state = 'running' desc, p.id))[1] as first
  from open o cross join lateral unnest(o.parent_ids) as u(id)
  join table_runs p on p.id = u.id and p.state in ('waiting', 'ready', 'running')
  where o.state = 'waiting' group by o.id`;

const pendingTicks: SQL = sql`
  select o.id, count(*)::int as n, (array_agg(jsonb_build_object(
      'tableName', a.value ->> 'tableName', 'frequencyId', a.value -> 'frequencyId',
      'frequencyName', f.name, 'tickAt', a.value ->> 'tickAt', 'runId', m.run_id)
    order by a.value ->> 'tickAt', a.value ->> 'tableName'))[1] as first
  from open o cross join lateral jsonb_array_elements(o.awaits) as a(value)
  cross join lateral (${sql.raw(awaitedKey)}) k
  left join frequencies f on f.id = k.frequency_id
  left join lateral (${sql.raw(coveringRun)}) m on true
  where o.state = 'waiting' and o.awaits <> '[]' and m.state is distinct from 'succeeded'
  group by o.id`;
