import type { ProcessState, RoomRuntime } from "../../connectors/room-runtime.ts";
import type { WatchedRoom } from "../../db/watching.ts";
import type { WatchDeps } from "./watch-deps.ts";

type Runtimes = Pick<WatchDeps, "processes" | "pods">;

/** The one that has, or had, the room; null: it is another machine's, or of another cluster. */
export function runtimeOf(
  { processes, pods }: Runtimes,
  { machine }: Pick<WatchedRoom, "machine">,
): RoomRuntime | null {
  if (machine === processes.machine) return processes;
  return pods !== null && machine === pods.machine ? pods : null;
}

export function viewOf(deps: Runtimes, room: WatchedRoom): ProcessState {
  const runtime = runtimeOf(deps, room);
  // It could not be started.
  if (room.state === "error" && room.pid === null) return { state: "missing" };
  if (!runtime) return { state: "unknown" };
  if (room.pid === null || room.processStart === null) return { state: "missing" };
  return runtime.inspect({ pid: room.pid, start: room.processStart });
}

/** The end of a room's output; empty where there is none, or it is not here. */
export function lastWordsOf(
  deps: Runtimes,
  room: Pick<WatchedRoom, "machine" | "logPath">,
): Promise<string> {
  const runtime = runtimeOf(deps, room);
  return runtime && room.logPath !== null ? runtime.lastWords(room.logPath) : Promise.resolve("");
}
