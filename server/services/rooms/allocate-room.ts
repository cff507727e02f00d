import type { RoomAddress } from "../../../shared/room.ts";
import { claimReadyRoom } from "../../db/rooms.ts";
import type { Deps } from "../deps.ts";
import { requireScheduler } from "../schedulers/require-scheduler.ts";

/**
 * One ready room, made occupied: whoever asks at the same time gets another, or none. The room stays
 * occupied for a ping timeout even where its pings say that it is ready; by then it has its occupant
 * and says so, or it is ready again. Null: no room is ready.
 */
export async function allocateRoom(
  deps: Pick<Deps, "db" | "changes" | "roomStore">,
  scheduler: string,
): Promise<{ id: string; address: RoomAddress | null } | null> {
  const { id: schedulerId } = await requireScheduler(deps.db, scheduler);
  const room = await claimReadyRoom(deps.db, schedulerId);
  if (!room) return null;
  // Where the store is away its marks are of no account.
  await deps.roomStore.unmark({ scheduler, room: room.id }).catch(() => undefined);
  deps.changes.publish({ noun: "room", id: null, schedulerId });
  const { id, host, ports } = room;
  return { id, address: host === null ? null : { host, ports: ports ?? [] } };
}
