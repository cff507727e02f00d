import { sql } from "drizzle-orm";
import type { DigestFacts, FailedTable, LateRunForSlack, RunForSlack } from "../../shared/slack.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

/**
 * Of what is said of a frequency as a whole: its own channel, else that of the groups of all its tables
 * where it is one. Beside `frequencies f`.
 */
export const frequencyChannel = sql`coalesce(f.slack_channel, (
  select case when count(*) = count(g.slack_channel) and count(distinct g.slack_channel) = 1
    then min(g.slack_channel) end
  from tables t left join groups g on g.id = t.group_id
  where t.frequency_id = f.id and t.deleted_at is null))`;

export async function selectRunForSlack(db: Db, id: number): Promise<RunForSlack | null> {
  const { rows } = await db.execute<RunForSlack & Record<string, unknown>>(sql`
    select f.name as frequency, f.slack_channel as channel, ${frequencyChannel} as "wholeChannel",
      ${isoText("r.tick_at")} as "tickAt", r.state, r.reason, u.email as "startedBy", r.resumed_count as "resumedCount",
      r.steering -> -1 ->> 'by' as "steeredBy",
      (select count(*)::int from table_runs t where t.run_id = r.id and t.state = 'failed') as failed,
      (select count(*)::int from table_runs t where t.run_id = r.id and t.state = 'skipped'
        and t.reason ->> 'code' <> 'conditionFalse') as skipped
    from runs r left join frequencies f on f.id = r.frequency_id left join users u on u.id = r.started_by
    where r.id = ${id}`);
  return rows[0] ?? null;
}

export async function selectFailedTables(db: Db, runId: number): Promise<FailedTable[]> {
  const { rows } = await db.execute<FailedTable & Record<string, unknown>>(sql`
    select t.table_id::float8 as id, coalesce(t.reason ->> 'text', 'it gave no reason') as error,
      (t.definition ->> 'dataset') || '.' || (t.definition ->> 'name') as name,
      g.slack_channel as channel
    from table_runs t left join tables c on c.id = t.table_id left join groups g on g.id = c.group_id
    where t.run_id = ${runId} and t.state = 'failed' order by t.ended_at, t.id`);
  return rows;
}

const tablesNamed = 5;

export async function selectLateRunForSlack(db: Db, id: number): Promise<LateRunForSlack | null> {
  const { rows } = await db.execute<LateRunForSlack & Record<string, unknown>>(sql`
    select f.name as frequency, ${frequencyChannel} as channel, ${isoText("r.tick_at")} as "tickAt",
      r.state, ${isoText("r.ended_at")} as "endedAt", t.tables, t.done, t.running as "runningTables"
    from runs r join frequencies f on f.id = r.frequency_id
    cross join lateral (
      select count(*)::int as tables, (count(*) filter (where t.ended_at is not null))::int as done,
        coalesce((array_agg((t.definition ->> 'dataset') || '.' || (t.definition ->> 'name') order by t.id)
          filter (where t.state = 'running'))[1:${sql.raw(String(tablesNamed))}], '{}') as running
      from table_runs t where t.run_id = r.id) t
    where r.id = ${id}`);
  return rows[0] ?? null;
}

const runsNamed = 10;

/** What was in a day, but for what it cost. */
export async function selectDigestFacts(
  db: Db,
  { since, until }: { since: Date; until: Date },
): Promise<Omit<DigestFacts, "cost">> {
  const within = (instant: string) =>
    sql`${sql.raw(instant)} > ${since.toISOString()}::timestamptz
      and ${sql.raw(instant)} <= ${until.toISOString()}::timestamptz`;
  const { rows } = await db.execute<Omit<DigestFacts, "cost"> & Record<string, unknown>>(sql`
    with ended as (select * from runs r where ${within("r.ended_at")}),
    failed_runs as (
      select r.id::float8 as id, f.name as frequency, (
        select count(*)::int from table_runs t where t.run_id = r.id and t.state = 'failed'
      ) as "tablesFailed"
      from ended r left join frequencies f on f.id = r.frequency_id
      where r.state = 'failed' order by r.id limit ${runsNamed})
    select r.*, t.*,
      (select count(*)::int from outbox o where o.topic = 'slack'
        and o.payload ->> 'kind' = 'runLate' and ${within("o.created_at")}) as late,
      (select count(*)::int from runs r where r.created_at <= ${until.toISOString()}::timestamptz
        and (r.ended_at is null or r.ended_at > ${until.toISOString()}::timestamptz)) as running,
      (select coalesce(jsonb_agg(to_jsonb(f)), '[]') from failed_runs f) as "failedRuns"
    from (
      select (count(*) filter (where state = 'succeeded'))::int as succeeded,
        (count(*) filter (where state = 'failed'))::int as failed,
        (count(*) filter (where state = 'cancelled'))::int as cancelled,
        (count(*) filter (where state = 'skipped'))::int as "skippedTicks" from ended) r,
    (
      select (count(*) filter (where t.state = 'succeeded'))::int as "tablesSucceeded",
        (count(*) filter (where t.state = 'failed'))::int as "tablesFailed",
        (count(*) filter (where t.state = 'skipped'
          and t.reason ->> 'code' <> 'conditionFalse'))::int as "tablesSkipped"
      from table_runs t join ended r on r.id = t.run_id) t`);
  const [facts] = rows;
  if (!facts) throw new Error("a count returned no row");
  return facts;
}
