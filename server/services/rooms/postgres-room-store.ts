import type { RoomStore } from "../../connectors/room-store.ts";
import type { Db } from "../../db/client.ts";
import { selectPings, touchRoom } from "../../db/rooms.ts";
import { readMark } from "./room-mark.ts";

/**
 * Pings on the rows of the rooms themselves. Whoever moves a room writes the ping on its row too, so
 * there is nothing to put, and a mark is the row's state and metadata.
 */
export function createPostgresRoomStore(db: Db): RoomStore {
  const nothing = () => Promise.resolve();
  return {
    touch: ({ scheduler, room }, mark) => touchRoom(db, scheduler, room, readMark(mark)),
    put: nothing,
    unmark: nothing,
    remove: nothing,
    async read(scheduler) {
      const rows = await selectPings(db, scheduler);
      return {
        keptMs: null,
        rooms: new Map(rows.map(({ id, silentMs }) => [id, { silentMs, marked: null }])),
      };
    },
  };
}
