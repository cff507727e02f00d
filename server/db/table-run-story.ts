import { sql } from "drizzle-orm";
import type { StoryFacts } from "../../shared/story-facts.ts";
import { awaitedKey, coveringRun } from "./awaited-ticks.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

const jobsOfIt = sql`
  select jsonb_agg(jsonb_build_object('step', j.step, 'attempt', j.attempt, 'state', j.state,
    'bqJobId', j.bq_job_id, 'error', j.error, 'bytesProcessed', j.bytes_processed,
    'bytesBilled', j.bytes_billed, 'slotMs', j.slot_ms, 'cacheHit', j.cache_hit,
    'isSubmitted', j.submitted_at is not null, 'createdAt', ${isoText("j.created_at")},
    'endedAt', ${isoText("j.ended_at")}) order by j.id)
  from jobs j where j.table_run_id = t.id`;

const transfersOfIt = sql`
  select jsonb_agg(jsonb_build_object('kind', x.kind, 'state', x.state, 'attempt', x.attempt, 'error', x.error,
    'rows', x.rows, 'schemaChange', x.result -> 'schemaChange', 'anew', x.result ->> 'anew',
    'startedAt', ${isoText("x.started_at")}, 'endedAt', ${isoText("x.ended_at")}) order by x.id)
  from transfers x where x.table_run_id = t.id`;

const ticksOfIt = sql`
  select jsonb_agg(jsonb_build_object('tableName', a.value ->> 'tableName', 'frequencyName', f.name,
    'tickAt', a.value ->> 'tickAt', 'runId', m.run_id, 'state', m.state,
    'endedAt', ${isoText("m.ended_at")}) order by a.value ->> 'tickAt')
  from jsonb_array_elements(coalesce(t.awaited, t.awaits)) as a(value)
  cross join lateral (${sql.raw(awaitedKey)}) k
  left join frequencies f on f.id = k.frequency_id
  left join lateral (${sql.raw(coveringRun)}) m on true`;

/** Bounded: of a table that ran a million times only those about this one are looked at. */
const othersOfIt = sql`
  select jsonb_agg(jsonb_build_object('runId', o.run_id, 'endedAt', ${isoText("o.ended_at")})
    order by o.started_at)
  from (
    (select * from table_runs b where b.table_id = t.table_id and b.id < t.id order by b.id desc limit 20)
    union all
    (select * from table_runs a where a.table_id = t.table_id and a.id > t.id order by a.id limit 20)
  ) o
  where o.started_at < coalesce(t.started_at, t.ended_at, clock_timestamp())
    and coalesce(o.ended_at, clock_timestamp()) > t.ready_at`;

/** In a slot from its first job on: table runs of the runs that were under way in the middle. */
const slotsAround = sql`
  select jsonb_build_object('all', count(*), 'own', count(*) filter (where s.run_id = t.run_id))
  from runs r join table_runs s on s.run_id = r.id and s.id <> t.id
  cross join lateral (select t.ready_at + (t.started_at - t.ready_at) / 2 as middle) m
  where r.created_at <= m.middle and (r.ended_at is null or r.ended_at >= m.middle)
    and s.started_at <= m.middle and (s.ended_at is null or s.ended_at >= m.middle)
    and exists (select from jobs j where j.table_run_id = s.id and j.created_at <= m.middle)`;

export async function selectStoryFacts(db: Db, tableRunId: number): Promise<StoryFacts | null> {
  const { rows } = await db.execute<
    Omit<StoryFacts, "slotsBusy" | "runSlotsBusy"> & { slots: { all: number; own: number } | null }
  >(sql`
    select coalesce((${jobsOfIt}), '[]') as jobs, coalesce((${transfersOfIt}), '[]') as transfers,
      coalesce((${ticksOfIt}), '[]') as ticks, coalesce((${othersOfIt}), '[]') as others,
      ${isoText("t.extract_removed_at")} as "extractRemovedAt",
      case when t.started_at - t.ready_at > interval '1 second' then (${slotsAround}) end as slots
    from table_runs t where t.id = ${tableRunId}`);
  const [row] = rows;
  if (!row) return null;
  const { slots, ...facts } = row;
  return { ...facts, slotsBusy: slots?.all ?? 0, runSlotsBusy: slots?.own ?? 0 };
}

/** The id of a table's run within a run, by `dataset.name` as it was at assembly. */
export async function findTableRun(db: Db, runId: number, name: string): Promise<number | null> {
  const { rows } = await db.execute<{ id: number }>(sql`
    select t.id::float8 as id from table_runs t
    cross join lateral jsonb_to_record(t.definition) as d(dataset text, name text)
    where t.run_id = ${runId} and d.dataset || '.' || d.name = ${name}`);
  return rows[0]?.id ?? null;
}
