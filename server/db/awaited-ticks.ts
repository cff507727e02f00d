import type { Settled } from "./settlements.ts";
import type { Transition } from "./transition.ts";

/*
 * Table runs that wait for the ticks of other frequencies. All of it happens inside a transition.
 *
 * What is looked at is the parent's table run in the run of the tick awaited. Where that tick made no
 * run (it was missed while nothing was running, or skipped as the run before had not ended), a later
 * tick covers it as well: then it is the parent's table run in the first later run in which it takes
 * part. A later run in which the parent's conditions do not hold says nothing.
 *
 * An awaited parent is done when
 *   that table run succeeded, or the parent is no part of the run, by its conditions or otherwise;
 *   it did not, or not yet, and a newer table run of the parent succeeded: of a later tick, or by hand;
 *   there is no such run, and the parent was run by hand after the tick;
 *   there is no such run, and will be none: the parent was deleted or moved, its frequency switched
 *   off, changed after the tick, or without a table at it. It is then taken as it is.
 * It is in vain when that table run failed, was skipped or cancelled, or when the time is up.
 */

/** Of an awaited tick `a.value`: the run that covers it, and the parent's table run there. */
export const coveringRun = `
  select r.id as run_id, p.id, p.state, p.reason ->> 'code' as code
  from runs r
  left join table_runs p on p.run_id = r.id and p.table_id = (a.value ->> 'tableId')::bigint
  where r.frequency_id = (a.value ->> 'frequencyId')::bigint
    and r.tick_at >= (a.value ->> 'tickAt')::timestamptz
    and case when r.tick_at = (a.value ->> 'tickAt')::timestamptz
      then exists (select from table_runs x where x.run_id = r.id)
      else p.id is not null and p.reason ->> 'code' is distinct from 'conditionFalse' end
  order by r.tick_at limit 1`;

const awaited = `
  awaited as materialized (
    select t.id, bool_and(w.is_done) as is_done, bool_or(w.fault is not null) as has_fault,
      (array_agg(jsonb_strip_nulls(jsonb_build_object('code', 'parentTick',
          'text', coalesce(w.fault, 'waited in vain for ' || w.pending),
          'tableRunId', w.table_run_id, 'tableName', w.name, 'runId', w.run_id,
          'frequencyId', w.frequency_id, 'tickAt', w.tick_text))
        order by w.fault is null, w.is_done, w.name))[1] as reason,
      t.await_until < clock_timestamp() as is_late
    from table_runs t
    cross join lateral (
      select a.value ->> 'tableName' as name, a.value ->> 'tickAt' as tick_text,
        f.id as frequency_id, m.run_id, m.id as table_run_id, d.is_done,
        case when not d.is_done and m.state in ('failed', 'cancelled', 'skipped') then
          (a.value ->> 'tableName') || case m.state when 'failed' then ' failed'
            else ' was ' || m.state end || ' in run ' || m.run_id || ' of ' || f.name end as fault,
        (a.value ->> 'tableName') || ': ' || case
          when m.id is not null then 'run ' || m.run_id || ' of ' || f.name || ' had not made it in time'
          when o.id is not null then f.name || ' skipped its tick of ' || k.text || ', ' || o.reason
          else f.name || ' made no run for its tick of ' || k.text || ' in time' end as pending
      from jsonb_array_elements(t.awaits) as a(value)
      cross join lateral (
        select (a.value ->> 'tableId')::bigint as table_id,
          (a.value ->> 'frequencyId')::bigint as frequency_id,
          (a.value ->> 'tickAt')::timestamptz as tick_at,
          left(replace(a.value ->> 'tickAt', 'T', ' '), 16) || ' UTC' as text
      ) k
      left join tables c on c.id = k.table_id
      left join frequencies f on f.id = k.frequency_id
      left join lateral (${coveringRun}) m on true
      left join runs o on o.frequency_id = k.frequency_id and o.tick_at = k.tick_at
      cross join lateral (
        select coalesce(case
          when m.run_id is null then
            c.deleted_at is not null or c.frequency_id is distinct from k.frequency_id
            or not f.active or f.effective_from > k.tick_at or coalesce(f.empty_tick_at >= k.tick_at, false)
            or exists (
              select from table_runs s join runs h on h.id = s.run_id
              where s.table_id = k.table_id and s.state = 'succeeded'
                and h.kind = 'manual' and h.created_at >= k.tick_at)
          when m.id is null or m.state = 'succeeded' then true
          when m.state = 'skipped' and m.code in ('conditionFalse', 'tableDeleted') then true
          else exists (
            select from table_runs s
            where s.table_id = k.table_id and s.id > m.id and s.state = 'succeeded')
          end, false) as is_done
      ) d
    ) w
    where t.state = 'waiting' and t.awaits <> '[]' and ($1::bigint[] is null or exists (
      select from jsonb_array_elements(t.awaits) as e(value)
      where (e.value ->> 'tableId')::bigint = any($1)))
    group by t.id
  )`;

const returned = `t.id::float8 as id, t.run_id::float8 as "runId", t.table_id::float8 as "tableId", t.state`;

/**
 * Those whose awaited parents are all done wait for them no longer; those that wait in vain fail, naming
 * for what. `tableIds` looks at those alone that wait for one of these tables: to look at one awaited
 * tick takes some 50 µs, and at thousands a good part of a second. Null looks at all.
 */
export function endWaits(transition: Transition, tableIds: number[] | null): Promise<Settled[]> {
  return transition.query<Settled>(
    "end waits",
    `with ${awaited}, released as (
       update table_runs t
       set awaits = '[]', await_until = null, pending_parents = t.pending_parents - 1,
         state = case when t.pending_parents = 1 then 'ready' else t.state end,
         ready_at = case when t.pending_parents = 1 then clock_timestamp() end
       from awaited a where t.id = a.id and a.is_done
       returning ${returned}
     ), failed as (
       update table_runs t
       set state = 'failed', ended_at = clock_timestamp(), reason = a.reason
       from awaited a
       where t.id = a.id and not a.is_done and (a.has_fault or a.is_late)
       returning ${returned}
     )
     select * from released union all select * from failed`,
    [tableIds === null ? null : `{${tableIds.join(",")}}`],
  );
}
