import { MaestroError } from "../../../shared/errors.ts";
import type { RoomEventInput } from "../../../shared/room.ts";
import type { RoomKey } from "../../connectors/room-store.ts";
import { insertRoomEvent } from "../../db/room-events.ts";
import type { Deps } from "../deps.ts";

/** Keeps what a room or a player in it told; it is due to be forwarded where the scheduler has forwarders. */
export async function recordEvent(
  deps: Pick<Deps, "db">,
  room: RoomKey,
  kind: "room" | "player",
  event: RoomEventInput,
): Promise<{ id: number }> {
  const id = await insertRoomEvent(deps.db, room, kind, event);
  if (id === null) {
    throw new MaestroError(
      "notFound",
      `there is no room ${room.room} of a scheduler ${room.scheduler}`,
    );
  }
  return { id };
}
