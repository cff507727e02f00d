import type { Db } from "../../server/db/client.ts";
import { createPostgresLockStore } from "../../server/db/held-locks.ts";
import type { Deps } from "../../server/services/deps.ts";
import { createPostgresRoomStore } from "../../server/services/rooms/postgres-room-store.ts";

/** What rooms need, with the timeouts that a server has by default. */
export function roomDeps(db: Db): Pick<Deps, "roomStore" | "lockStore" | "roomTimeouts"> {
  return {
    lockStore: createPostgresLockStore(db),
    roomStore: createPostgresRoomStore(db),
    roomTimeouts: { pingTimeoutSeconds: 30 },
  };
}
