import { randomUUID } from "node:crypto";
import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { Specification } from "../../../shared/scheduler.ts";
import { parseCpu, parseMemory } from "../../../shared/scheduler-units.ts";
import type { RoomRuntime } from "../../connectors/room-runtime.ts";
import {
  insertRooms,
  inWatch,
  keepProcess,
  moveRoom,
  type UsedPlace,
  type WatchedScheduler,
} from "../../db/watching.ts";
import { roomToken } from "../rooms/room-token.ts";
import { noteFailure } from "./observe-rooms.ts";
import type { WatchDeps, Watching } from "./watch-deps.ts";

/**
 * Starts so many rooms, or as many as fit where they are to run; answers how many. Their rows come first: a
 * room that is started and not noted, as its worker died, is refused its pings.
 */
export async function startRooms(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  count: number,
): Promise<number> {
  const { watch } = watching;
  const { machine, size } = runtimeFor(deps, scheduler);
  const ids = await inWatch(deps.db, watch, (tx) =>
    insertRooms(tx, watch, {
      version: scheduler.version,
      machine,
      ids: Array.from({ length: count }, () => `${scheduler.name}-${randomUUID().slice(0, 13)}`),
      fit: (used) => (size ? placesLeft(size, used, scheduler.specification) : count),
    }),
  );
  for (const id of ids) await startRoom(deps, watching, scheduler, id);
  if (ids.length > 0) {
    deps.changes.publish({ noun: "room", id: null, schedulerId: watch.schedulerId });
  }
  return ids.length;
}

/** Rooms that fit beside those that are there, by what each asks for. */
export function placesLeft(
  size: { cpuMillis: number; memoryBytes: number },
  used: UsedPlace[],
  { requests }: Pick<Specification, "requests">,
): number {
  const sum = (parse: (text: string) => number | null, field: "cpu" | "memory") =>
    used.reduce((total, place) => total + (parse(place[field]) ?? 0) * place.count, 0);
  const cpu = (size.cpuMillis - sum(parseCpu, "cpu")) / (parseCpu(requests.cpu) ?? 1);
  const memory =
    (size.memoryBytes - sum(parseMemory, "memory")) / (parseMemory(requests.memory) ?? 1);
  return Math.max(0, Math.floor(Math.min(cpu, memory)));
}

/** Where this worker is told of no cluster, its rooms fail to start, which says so. */
function runtimeFor(deps: WatchDeps, { specification }: WatchedScheduler): RoomRuntime {
  return specification.runtime === "kubernetes" ? (deps.pods ?? noCluster) : deps.processes;
}

const noCluster: RoomRuntime = {
  machine: "kubernetes",
  size: null,
  start: () =>
    Promise.reject(
      new MaestroError(
        "configuration",
        "this worker is told of no Kubernetes: run it in the cluster, or set MAESTRO_KUBERNETES_CONFIG",
      ),
    ),
  inspect: () => ({ state: "unknown" }),
  hostOf: () => null,
  signal: () => undefined,
  forget: () => undefined,
  strays: () => [],
  schedulers: () => [],
  removeLogs: () => Promise.resolve(),
  lastWords: () => Promise.resolve(""),
  onChange: () => () => undefined,
};

async function startRoom(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  id: string,
): Promise<void> {
  const { watch } = watching;
  const { specification, name } = scheduler;
  const runtime = runtimeFor(deps, scheduler);
  const environment = {
    ...Object.fromEntries(specification.env.map((each) => [each.name, each.value])),
    MAESTRO_SCHEDULER_NAME: name,
    MAESTRO_ROOM_ID: id,
    MAESTRO_URL: deps.watching.roomUrl,
    MAESTRO_ROOM_TOKEN: roomToken(deps, { scheduler: name, room: id }),
    MAESTRO_PINGTIMEOUT: String(deps.roomTimeouts.pingTimeoutSeconds),
  };
  try {
    const { version } = scheduler;
    const room = { id, scheduler: name, version, specification, environment };
    const { pid, start, ...kept } = await runtime.start(room);
    try {
      const process = { pid, processStart: start, ...kept };
      await inWatch(deps.db, watch, (tx) => keepProcess(tx, watch, id, process));
    } catch (error) {
      // Another watches now, and knows nothing of this process.
      runtime.signal({ pid, start }, "SIGKILL");
      throw error;
    }
  } catch (error) {
    deps.log.warn(
      { err: error, scheduler: name, room: id },
      `room: not started: ${messageOf(error)}`,
    );
    const room = { id, state: "creating" as const, machine: null, logPath: null };
    await inWatch(deps.db, watch, (tx) => moveRoom(tx, watch, room, "error", messageOf(error)));
    await noteFailure(deps, watching, room, messageOf(error));
  }
}
