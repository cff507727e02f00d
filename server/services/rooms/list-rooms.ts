import type { RoomState, RoomView } from "../../../shared/room.ts";
import { selectRooms } from "../../db/rooms.ts";
import type { Deps } from "../deps.ts";
import { requireScheduler } from "../schedulers/require-scheduler.ts";

/** Rooms by a metric, the least busy first; of some states where they are given. */
export async function listRooms(
  deps: Pick<Deps, "db">,
  scheduler: string,
  options: { metric?: "room" | "cpu" | "mem"; limit?: number; states?: RoomState[] } = {},
): Promise<RoomView[]> {
  const { metric = "room", limit = 1_000, states } = options;
  const { id } = await requireScheduler(deps.db, scheduler);
  return selectRooms(deps.db, id, { metric, limit, ...(states ? { states } : {}) });
}
