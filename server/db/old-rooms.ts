import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";

/**
 * Deletes the rooms that ended so many days ago, what rooms and players told, and what was done with
 * schedulers. Events that are to be forwarded still stay. How many rows.
 */
export async function deleteOldRooms(db: Db, days: number): Promise<number> {
  const longAgo = sql`clock_timestamp() - make_interval(days => ${days}::int)`;
  const { rows } = await db.execute<{ count: number }>(sql`
    with rooms as (
      delete from rooms where state = 'terminated' and pid is null and ended_at < ${longAgo} returning 1
    ), events as (
      delete from room_events where created_at < ${longAgo} and forward_at is null returning 1
    ), operations as (
      delete from scheduler_operations where ended_at < ${longAgo} returning 1
    )
    select ((select count(*) from rooms) + (select count(*) from events)
      + (select count(*) from operations))::int as count`);
  return rows[0]?.count ?? 0;
}

/** Those whose process on this machine may run: their output is written to. */
export async function selectRunningRooms(db: Db, machine: string): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(
    sql`select id from rooms where machine = ${machine} and pid is not null`,
  );
  return rows.map(({ id }) => id);
}
