import { sql } from "drizzle-orm";
import type { Reason } from "../../shared/run.ts";
import type { LongWait } from "../../shared/system.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

export type WaitingSince = Omit<LongWait, "reason"> & { reason: Reason | null };

/**
 * Table runs that have waited for so long for anything but the parents in their run: for a tick of
 * another frequency, their turn, files, a room, or BigQuery. The longest first. Of most of them the
 * row does not say what for: wait-facts.ts does.
 */
export async function selectLongWaits(
  db: Db,
  { seconds, limit }: { seconds: number; limit: number },
): Promise<WaitingSince[]> {
  const { rows } = await db.execute<WaitingSince & Record<string, unknown>>(sql`
    select w.id::float8 as "tableRunId", w.run_id::float8 as "runId", w.table_id::float8 as "tableId",
      (w.definition ->> 'dataset') || '.' || (w.definition ->> 'name') as "tableName",
      ${isoText("w.since")} as since, w.reason
    from (
      select t.*, case t.state when 'ready' then t.ready_at when 'running' then t.started_at
        -- Its run's start, or its last resume.
        else greatest(r.created_at, (r.steering -> -1 ->> 'at')::timestamptz) end as since
      from table_runs t join runs r on r.id = t.run_id
      where t.state in ('waiting', 'ready', 'running') and (t.state = 'ready'
        or (t.state = 'waiting' and t.awaits <> '[]' and t.pending_parents = 1)
        or (t.state = 'running' and t.lease_owner is null and not exists (
          select from transfers x where x.table_run_id = t.id and x.state = 'running'))
        or (t.state = 'running' and t.reason ->> 'code' in ('retrying', 'warehouseAway')))
    ) w
    where w.since < clock_timestamp() - make_interval(secs => ${seconds})
    order by w.since, w.id
    limit ${limit}`);
  return rows;
}
