import { sql } from "drizzle-orm";
import { schedulerPoints } from "../../drizzle/schema/schedulers.ts";
import type { Db } from "./client.ts";

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

/** Queued, and so not with any room yet. */
export async function countWaitingTransfers(db: Db): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from transfers where state = 'queued'`,
  );
  return rows[0]?.count ?? 0;
}
