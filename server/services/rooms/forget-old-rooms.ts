import { deleteOldRooms } from "../../db/old-rooms.ts";
import type { Deps } from "../deps.ts";

/** Days that are kept of rooms that ended: their rows, and their output. */
export const keptDays = 30;

/** Deletes what is kept of rooms and schedulers' operations that ended long ago. */
export async function forgetOldRooms(deps: Pick<Deps, "db" | "log">): Promise<number> {
  const forgotten = await deleteOldRooms(deps.db, keptDays);
  if (forgotten > 0) deps.log.info({ rows: forgotten, keptDays }, "old rooms were deleted");
  return forgotten;
}
