import { sql } from "drizzle-orm";
import type { RoomEventInput } from "../../shared/room.ts";
import { keptJson } from "../../shared/text.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

/** Null: there is no such room. */
export async function insertRoomEvent(
  db: Db,
  { scheduler, room }: { scheduler: string; room: string },
  kind: "room" | "player",
  { event, metadata, timestamp }: RoomEventInput,
): Promise<number | null> {
  const { rows } = await db.execute<{ id: number }>(sql`
    insert into room_events (scheduler_id, room_id, kind, event, metadata, timestamp, forward_at)
    select s.id, r.id, ${kind}, ${event}, ${keptJson(metadata)}::jsonb, ${timestamp},
      case when jsonb_array_length(v.specification -> 'forwarders') > 0 then now() end
    from schedulers s
    join rooms r on r.scheduler_id = s.id and r.id = ${room} and r.state <> 'terminated'
    join scheduler_versions v on v.scheduler_id = s.id and v.version = s.version
    where s.name = ${scheduler}
    returning id::float8 as id`);
  return rows[0]?.id ?? null;
}

/** An event that is due to be forwarded, with where its scheduler forwards events to now. */
export interface DueEvent extends Record<string, unknown> {
  id: number;
  scheduler: string;
  room: string;
  kind: "room" | "player";
  event: string;
  metadata: Record<string, unknown>;
  timestamp: number;
  /** ISO instant. */
  createdAt: string;
  /** This one counted. */
  attempt: number;
  urls: string[];
}

/** Takes the events that are due; whoever takes one and dies loses it after the lease to another. */
export async function claimDueEvents(
  db: Db,
  { limit, leaseSeconds }: { limit: number; leaseSeconds: number },
): Promise<DueEvent[]> {
  const { rows } = await db.execute<DueEvent>(sql`
    with due as (
      select id from room_events where forward_at <= clock_timestamp()
      order by forward_at limit ${limit} for update skip locked
    ), taken as (
      update room_events e set forward_attempts = e.forward_attempts + 1,
        forward_at = clock_timestamp() + make_interval(secs => ${leaseSeconds}::int)
      from due where e.id = due.id returning e.*
    )
    select t.id::float8 as id, s.name as scheduler, t.room_id as room, t.kind, t.event, t.metadata,
      t.timestamp::float8 as timestamp, ${isoText(sql`t.created_at`)} as "createdAt",
      t.forward_attempts as attempt,
      array(select f ->> 'url' from jsonb_array_elements(v.specification -> 'forwarders') f) as urls
    from taken t
    join schedulers s on s.id = t.scheduler_id
    join scheduler_versions v on v.scheduler_id = s.id and v.version = s.version
    order by t.id`);
  return rows;
}

/** Writes how forwarding it ended; with `againSeconds` it is due once more after these. */
export async function settleEvent(
  db: Db,
  id: number,
  { error, againSeconds }: { error: string | null; againSeconds: number | null },
): Promise<void> {
  await db.execute(sql`
    update room_events set forward_error = ${error},
      forward_at = clock_timestamp() + make_interval(secs => ${againSeconds}::int)
    where id = ${id}`);
}
