import type { Settled } from "./settlements.ts";
import type { Transition } from "./transition.ts";

/*
 * Table runs that wait for the ticks of other frequencies. All of it happens inside a transition.
 *
 * What is looked at is the parent's table run in the run of the tick awaited. Where that tick was
 * skipped as the run before had not ended, it is the one in that run: were it the next one's, two
 * frequencies that read each other would wait for each other's next tick, which neither records while
 * its run waits, and one overrun would never come to an end. Where the tick made no run otherwise (it
 * was missed while nothing was running, or the parent was no part of the run that it overlapped), a
 * later tick covers it as well: then it is the parent's table run in the first later run in which it
 * takes part. A later run in which the parent's conditions do not hold says nothing.
 *
 * An awaited parent is done when
 *   that table run succeeded, or the parent is no part of the run, by its conditions or otherwise;
 *   it did not, or not yet, and a newer table run of the parent succeeded: of a later tick, or by hand;
 *   there is no such run, and the parent was run by hand after the tick;
 *   there is no such run, and will be none: the parent was deleted or moved, its frequency switched
 *   off, changed after the tick, or without a table at it. It is then taken as it is.
 * It is in vain when that table run failed, was skipped or cancelled, or when the time is up.
 */

/** The key of an awaited tick `a.value`, as coveringRun asks for it. */
export const awaitedKey = `
  select (a.value ->> 'tableId')::bigint as table_id,
    (a.value ->> 'frequencyId')::bigint as frequency_id,
    (a.value ->> 'tickAt')::timestamptz as tick_at`;

/**
 * The tick `r` was skipped as the run before had not ended. Daemons of 0.1.0 write no code, and make
 * table runs at every other tick that they skip.
 */
const isOverlap = `
  (r.state = 'skipped' and coalesce(r.reason_code = 'overlap',
    not exists (select from table_runs x where x.run_id = r.id)))`;

/**
 * The run that the skipped tick `r` overlapped. The first look is at what has not ended, so that an
 * overrun of thousands of ticks costs no search through them.
 */
const overlappedRun = `
  select coalesce(
    (select o.id from runs o
     where o.frequency_id = r.frequency_id and o.ended_at is null and o.id < r.id),
    (select o.id from runs o
     where o.frequency_id = r.frequency_id and o.id < r.id and o.state <> 'skipped'
       and o.ended_at >= r.created_at
     order by o.id desc limit 1)) as id
  where r.tick_at = k.tick_at and ${isOverlap}`;

/** Of an awaited tick `k`: the run that covers it, and the parent's table run there. */
export const coveringRun = `
  select coalesce(v.id, r.id) as run_id, p.id, p.state, p.reason ->> 'code' as code, p.ended_at
  from runs r
  left join lateral (${overlappedRun}) v on true
  left join table_runs p on p.run_id = coalesce(v.id, r.id) and p.table_id = k.table_id
  where r.frequency_id = k.frequency_id and r.tick_at >= k.tick_at
    and case when r.tick_at = k.tick_at and not ${isOverlap}
      then exists (select from table_runs x where x.run_id = r.id)
      else p.id is not null and p.reason ->> 'code' is distinct from 'conditionFalse' end
  order by r.tick_at limit 1`;

/** Each awaited tick once, however many table runs wait for it: it takes some 50 µs to look at one. */
const looks = `
  looks as materialized (
    select k.table_id, k.frequency_id, k.tick_at, f.name as frequency, m.run_id,
      m.id as table_run_id, m.state, o.reason as skipped, d.is_done,
      not d.is_done and coalesce(m.state in ('failed', 'cancelled', 'skipped'), false) as is_vain
    from (select distinct table_id, frequency_id, tick_at from waits) k
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
  )`;

/** Of a wait `w` at which `l` was the look. */
const reasonOfWait = `
  select jsonb_strip_nulls(jsonb_build_object('code', 'parentTick', 'text', case
      when l.is_vain then w.name || case l.state when 'failed' then ' failed' else ' was ' || l.state end
        || ' in run ' || l.run_id || ' of ' || l.frequency
      else 'waited in vain for ' || w.name || ': ' || case
        when l.table_run_id is not null then
          'run ' || l.run_id || ' of ' || l.frequency || ' had not made it in time'
        when l.skipped is not null then
          l.frequency || ' skipped its tick of ' || u.text || ', ' || l.skipped
        else l.frequency || ' made no run for its tick of ' || u.text || ' in time' end end,
    'tableRunId', l.table_run_id, 'tableName', w.name, 'runId', l.run_id,
    'frequencyId', l.frequency_id, 'tickAt', w.tick_text)) as reason
  from (select left(replace(w.tick_text, 'T', ' '), 16) || ' UTC' as text) u`;

/**
 * Which waits to look at: for one of these tables; in one of these runs, or for a frequency that one of
 * them is of.
 */
export interface WaitsFor {
  tableIds: number[];
  runIds: number[];
}

/** $1 tables, null for all waits; $2 runs. Where nobody can be meant, no wait is read at all. */
const isLookedAt = `
  ($1::bigint[] is null or cardinality($1) > 0 or (${frequenciesOf("$2")}) is not null)
  and ($1::bigint[] is null or t.run_id = any($2::bigint[]) or exists (
    select from jsonb_array_elements(t.awaits) as e(value)
    where (e.value ->> 'tableId')::bigint = any($1)
      or (e.value ->> 'frequencyId')::bigint = any((${frequenciesOf("$2")})::bigint[])))`;

function frequenciesOf(runIds: string): string {
  return `select array_agg(r.frequency_id) filter (where r.frequency_id is not null)
    from runs r where r.id = any(${runIds}::bigint[])`;
}

const awaited = `
  waits as materialized (
    select t.id, t.await_until, a.value ->> 'tableName' as name, a.value ->> 'tickAt' as tick_text, k.*
    from table_runs t
    cross join lateral jsonb_array_elements(t.awaits) as a(value)
    cross join lateral (${awaitedKey}) k
    where t.state = 'waiting' and t.awaits <> '[]' and ${isLookedAt}
  ), ${looks}, awaited as materialized (
    select w.id, bool_and(l.is_done) as is_done,
      bool_or(l.is_vain) or coalesce(min(w.await_until) < clock_timestamp(), false) as is_vain
    from waits w join looks l using (table_id, frequency_id, tick_at)
    group by w.id
  ), in_vain as materialized (
    select distinct on (w.id) w.id, e.reason
    from awaited a
    join waits w on w.id = a.id
    join looks l using (table_id, frequency_id, tick_at)
    cross join lateral (${reasonOfWait}) e
    where a.is_vain and not a.is_done
    order by w.id, not l.is_vain, l.is_done, w.name
  )`;

const returned = `t.id::float8 as id, t.run_id::float8 as "runId", t.table_id::float8 as "tableId", t.state`;

/**
 * Those whose awaited parents are all done wait for them no longer; those that wait in vain fail, naming
 * for what. Null looks at all.
 */
export function endWaits(transition: Transition, which: WaitsFor | null): Promise<Settled[]> {
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
       set state = 'failed', ended_at = clock_timestamp(), reason = v.reason
       from in_vain v where t.id = v.id
       returning ${returned}
     )
     select * from released union all select * from failed`,
    [which && `{${which.tableIds.join(",")}}`, `{${which?.runIds.join(",") ?? ""}}`],
  );
}
