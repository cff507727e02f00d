import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

/** A run of a tick that has not ended, and was not steered by anybody, with what its like take. */
export interface UnfinishedTick {
  runId: number;
  /** ISO instant. */
  tickAt: string;
  periodSeconds: number;
  offsetSeconds: number;
  timeZone: string | null;
  lateAfterSeconds: number | null;
  usualSeconds: number | null;
  usualRuns: number;
}

/** Of how many runs the median is taken. */
const looked = 10;

/** One a frequency at the most. */
export async function selectUnfinishedTicks(db: Db): Promise<UnfinishedTick[]> {
  const { rows } = await db.execute<UnfinishedTick & Record<string, unknown>>(sql`
    select r.id::float8 as "runId", ${isoText("r.tick_at")} as "tickAt",
      f.period_seconds as "periodSeconds", f.offset_seconds as "offsetSeconds",
      f.time_zone as "timeZone", f.late_after_seconds as "lateAfterSeconds",
      u.seconds::float8 as "usualSeconds", u.runs as "usualRuns"
    from runs r join frequencies f on f.id = r.frequency_id
    cross join lateral (
      select count(*)::int as runs, percentile_cont(0.5) within group (order by l.seconds) as seconds
      from (
        select extract(epoch from e.ended_at - e.tick_at)::float8 as seconds from runs e
        where e.frequency_id = r.frequency_id and e.kind = 'tick' and e.state = 'succeeded'
          and e.resumed_count = 0
        order by e.id desc limit ${looked}) l) u
    where r.ended_at is null and r.kind = 'tick' and r.resumed_count = 0
      and r.cancel_requested_at is null and r.tick_at is not null`);
  return rows;
}
