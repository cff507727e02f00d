import { selectRunningRooms } from "../../db/old-rooms.ts";
import { keptDays } from "../rooms/forget-old-rooms.ts";
import type { WatchDeps } from "./watch-deps.ts";

const dayMs = 86_400_000;

/** Deletes what rooms of this machine have written that ended as long ago as their rows are kept. */
export async function forgetLogs({
  db,
  processes,
}: Pick<WatchDeps, "db" | "processes">): Promise<void> {
  const running = await selectRunningRooms(db, processes.machine);
  await processes.removeLogs(new Set(running), keptDays * dayMs);
}
