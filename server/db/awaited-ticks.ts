import type { Settled } from "./settlements.ts";
import type { Transition } from "./transition.ts";

/*
 * Table runs that wait for the ticks of other frequencies. All of it happens inside a transition.
 *
 * An awaited parent is done when it succeeded in the run of its tick, when its conditions kept it
 * out of it, or when it is no part of it. It is in vain when it failed, was skipped or cancelled
 * there, when its tick was skipped, or when the time to wait is up.
 */
const awaited = `
  awaited as materialized (
    select t.id,
      coalesce(bool_and(w.is_done), true) as is_done,
      min(w.fault) as fault,
      min(w.name) filter (where not w.is_done) as pending,
      t.await_until < clock_timestamp() as is_late
    from table_runs t
    cross join lateral (
      select a.value ->> 'tableName' as name,
        (p.state = 'succeeded' or (p.id is null and r.id is not null and r.reason is null)
          or coalesce(p.state = 'skipped' and p.reason ->> 'code' = 'conditionFalse', false))
          is true as is_done,
        case
          when p.state in ('failed', 'cancelled') or (p.state = 'skipped'
              and p.reason ->> 'code' <> 'conditionFalse')
            then (a.value ->> 'tableName') || ' ' || case p.state when 'cancelled' then 'was cancelled'
              else p.state end || ' in run ' || r.id || ' of its own frequency'
          when p.id is null and r.state = 'skipped'
            then (a.value ->> 'tableName') || ': its own frequency skipped the tick, ' || r.reason
        end as fault
      from jsonb_array_elements(t.awaits) as a(value)
      left join runs r on r.frequency_id = (a.value ->> 'frequencyId')::bigint
        and r.tick_at = (a.value ->> 'tickAt')::timestamptz
      left join table_runs p on p.run_id = r.id and p.table_id = (a.value ->> 'tableId')::bigint
    ) w
    where t.state = 'waiting' and t.awaits <> '[]'
    group by t.id
  )`;

const returned = `t.id::float8 as id, t.run_id::float8 as "runId", t.table_id::float8 as "tableId", t.state`;

/** Those whose awaited parents are all done wait for them no longer. */
export function releaseAwaiting(transition: Transition): Promise<Settled[]> {
  return transition.query<Settled>(
    "release awaiting",
    `with ${awaited}
     update table_runs t
     set awaits = '[]', await_until = null, pending_parents = t.pending_parents - 1,
       state = case when t.pending_parents = 1 then 'ready' else t.state end,
       ready_at = case when t.pending_parents = 1 then clock_timestamp() end
     from awaited a where t.id = a.id and a.is_done
     returning ${returned}`,
    [],
  );
}

/** Those that wait in vain fail, naming for what. */
export function failAwaiting(transition: Transition): Promise<Settled[]> {
  return transition.query<Settled>(
    "fail awaiting",
    `with ${awaited}
     update table_runs t
     set state = 'failed', ended_at = clock_timestamp(), reason = jsonb_build_object(
       'code', 'parentTick', 'text', coalesce(a.fault,
         'waited in vain for ' || a.pending || ', which its own frequency had not made in time'))
     from awaited a
     where t.id = a.id and not a.is_done and (a.fault is not null or a.is_late)
     returning ${returned}`,
    [],
  );
}
