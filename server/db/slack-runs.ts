import { sql } from "drizzle-orm";
import type { FailedTable, RunForSlack } from "../../shared/slack.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

export async function selectRunForSlack(db: Db, id: number): Promise<RunForSlack | null> {
  const { rows } = await db.execute<RunForSlack & Record<string, unknown>>(sql`
    select f.name as frequency, f.slack_channel as channel, ${isoText("r.tick_at")} as "tickAt",
      r.state, r.reason, u.email as "startedBy", r.resumed_count as "resumedCount",
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
      (t.definition ->> 'dataset') || '.' || (t.definition ->> 'name') as name
    from table_runs t where t.run_id = ${runId} and t.state = 'failed' order by t.ended_at, t.id`);
  return rows;
}
