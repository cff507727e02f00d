import { sql } from "drizzle-orm";
import type { RoomEventInput } from "../../shared/room.ts";
import type { Db } from "./client.ts";
import { jsonText } from "./transition.ts";

/** Null: there is no such room. */
export async function insertRoomEvent(
  db: Db,
  { scheduler, room }: { scheduler: string; room: string },
  kind: "room" | "player",
  { event, metadata, timestamp }: RoomEventInput,
): Promise<number | null> {
  const { rows } = await db.execute<{ id: number }>(sql`
    insert into room_events (scheduler_id, room_id, kind, event, metadata, timestamp, forward_at)
    select s.id, r.id, ${kind}, ${event}, ${jsonText(metadata)}::jsonb, ${timestamp},
      case when jsonb_array_length(v.specification -> 'forwarders') > 0 then now() end
    from schedulers s
    join rooms r on r.scheduler_id = s.id and r.id = ${room}
    join scheduler_versions v on v.scheduler_id = s.id and v.version = s.version
    where s.name = ${scheduler}
    returning id::float8 as id`);
  return rows[0]?.id ?? null;
}
