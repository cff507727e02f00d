import { sql } from "drizzle-orm";
import { schedulerPoints } from "../../drizzle/schema/schedulers.ts";
import type { Db } from "./client.ts";
import { busyOf, maxAttempts, waitsForRoom } from "./transfers.ts";

export interface TriggerPoint {
  trigger: string;
  /** Null: it could not be measured. */
  usage: number | null;
}

/** As long as any trigger looks back. */
const keptSeconds = 86_400;

/** One point of each trigger and one of the rooms; forgets those that nobody asks for any more. */
export async function insertPoints(
  tx: Db,
  schedulerId: number,
  points: TriggerPoint[],
  counts: { creating: number; ready: number; occupied: number },
): Promise<void> {
  const measured = points.filter(({ usage }) => usage !== null);
  await tx
    .insert(schedulerPoints)
    .values([
      ...measured.map((point) => ({ schedulerId, ...point })),
      { schedulerId, trigger: "rooms", counts },
    ])
    .onConflictDoNothing();
  await tx.execute(sql`delete from scheduler_points where scheduler_id = ${schedulerId}
    and at < now() - make_interval(secs => ${keptSeconds})`);
}

/** Of the last `seconds`, the newest last. */
export async function selectPoints(
  db: Db,
  schedulerId: number,
  trigger: string,
  seconds: number,
): Promise<number[]> {
  const { rows } = await db.execute<{ usage: number }>(sql`
    select usage from scheduler_points
    where scheduler_id = ${schedulerId} and trigger = ${trigger}
      and at > now() - make_interval(secs => ${seconds})
    order by at`);
  return rows.map(({ usage }) => usage);
}

/**
 * Transfers that a room more would have to do with: those that it could claim now, of each database as
 * many as that bears beside what is under way, and those of dead rooms that its claim would end.
 */
export async function countWaitingTransfers(db: Db): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(sql`
    select (
      select coalesce(sum(case when d.concurrent_transfers is null then w.waiting else greatest(0,
        least(w.waiting, d.concurrent_transfers - ${busyOf("d", "-1")} + w.abandoned)) end), 0)
      from (
        select t.database_id, count(*) as waiting,
          count(*) filter (where t.state = 'running') as abandoned
        from transfers t where ${waitsForRoom()} group by t.database_id
      ) w left join databases d on d.id = w.database_id
    )::int + (
      select count(*) from transfers t where t.state = 'running' and t.lease_until < clock_timestamp()
        and (t.attempt >= ${maxAttempts} or t.cancel_requested_at is not null)
    )::int as count`);
  return rows[0]?.count ?? 0;
}
