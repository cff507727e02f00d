import { sql } from "drizzle-orm";
import { schedulerPoints } from "../../drizzle/schema/schedulers.ts";
import type { OccupancyPoint } from "../../shared/scheduler-view.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

/** How many rooms were in each state, of late; of a longer while the last point of each of its parts. */
export async function selectOccupancy(
  db: Db,
  schedulerId: number,
  { hours, points }: { hours: number; points: number },
): Promise<OccupancyPoint[]> {
  const partSeconds = (hours * 3_600) / points;
  const { rows } = await db.execute<OccupancyPoint & Record<string, unknown>>(sql`
    select ${isoText(sql`at`)} as at, counts from (
      select distinct on (part) at, counts from (
        select p.at, p.counts, floor(extract(epoch from p.at) / ${partSeconds}::float8) as part
        from ${schedulerPoints} p
        where p.scheduler_id = ${schedulerId} and p.trigger = 'rooms'
          and p.at >= clock_timestamp() - make_interval(hours => ${hours}::int)
      ) parts order by part, at desc
    ) lasts order by at`);
  return rows.map(({ at, counts }) => ({ at, counts }));
}
