import type { Db } from "../../server/db/client.ts";
import type { Deps } from "../../server/services/deps.ts";
import { createPostgresRoomStore } from "../../server/services/rooms/postgres-room-store.ts";

/** What rooms need, with the timeouts that a server has by default. */
export function roomDeps(db: Db): Pick<Deps, "roomStore" | "roomTimeouts"> {
  return {
    roomStore: createPostgresRoomStore(db),
    roomTimeouts: { pingTimeoutSeconds: 30 },
  };
}
