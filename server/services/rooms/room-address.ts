import { MaestroError } from "../../../shared/errors.ts";
import type { RoomAddress } from "../../../shared/room.ts";
import type { RoomKey } from "../../connectors/room-store.ts";
import { selectRoomAddress } from "../../db/rooms.ts";
import type { Deps } from "../deps.ts";

/** Where a room is reached: its host, and the port that each of the specification's ports became. */
export async function roomAddress(deps: Pick<Deps, "db">, room: RoomKey): Promise<RoomAddress> {
  const row = await selectRoomAddress(deps.db, room.scheduler, room.room);
  if (!row) {
    throw new MaestroError(
      "notFound",
      `there is no room ${room.room} of a scheduler ${room.scheduler}`,
    );
  }
  if (row.host === null) {
    throw new MaestroError("notFound", `room ${room.room} of ${room.scheduler} has no address yet`);
  }
  return { host: row.host, ports: row.ports ?? [] };
}
