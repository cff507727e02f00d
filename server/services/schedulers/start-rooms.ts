import { randomUUID } from "node:crypto";
import { messageOf } from "../../../shared/errors.ts";
import type { Specification } from "../../../shared/scheduler.ts";
import { parseCpu, parseMemory } from "../../../shared/scheduler-units.ts";
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
 * Starts so many rooms, or as many as fit on this machine; answers how many. Their rows come first: a
 * room that is started and not noted, as its worker died, is refused its pings.
 */
export async function startRooms(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  count: number,
): Promise<number> {
  const { watch } = watching;
  const { machine, size } = deps.processes;
  const ids = await inWatch(deps.db, watch, (tx) =>
    insertRooms(tx, watch, {
      version: scheduler.version,
      machine,
      ids: Array.from({ length: count }, () => `${scheduler.name}-${randomUUID().slice(0, 13)}`),
      fit: (used) => placesLeft(size, used, scheduler.specification),
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

async function startRoom(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  id: string,
): Promise<void> {
  const { watch } = watching;
  const { specification, name } = scheduler;
  const ports: { name: string; port: number }[] = [];
  for (const { name: portName } of specification.ports) {
    ports.push({ name: portName, port: await deps.processes.freePort() });
  }
  const environment = {
    ...Object.fromEntries(specification.env.map((each) => [each.name, each.value])),
    ...Object.fromEntries(
      ports.map((each) => [
        `MAESTRO_PORT_${each.name.toUpperCase().replaceAll("-", "_")}`,
        String(each.port),
      ]),
    ),
    MAESTRO_SCHEDULER_NAME: name,
    MAESTRO_ROOM_ID: id,
    MAESTRO_URL: deps.watching.roomUrl,
    MAESTRO_ROOM_TOKEN: roomToken(deps, { scheduler: name, room: id }),
    MAESTRO_PINGTIMEOUT: String(deps.roomTimeouts.pingTimeoutSeconds),
  };
  try {
    const { pid, start, logPath } = await deps.processes.start({
      id,
      command: specification.cmd,
      environment,
    });
    const kept = { pid, processStart: start, logPath, host: deps.processes.machine, ports };
    try {
      await inWatch(deps.db, watch, (tx) => keepProcess(tx, watch, id, kept));
    } catch (error) {
      // Another watches now, and knows nothing of this process.
      deps.processes.signal({ pid, start }, "SIGKILL");
      throw error;
    }
  } catch (error) {
    deps.log.warn(
      { err: error, scheduler: name, room: id },
      `room: not started: ${messageOf(error)}`,
    );
    const room = { id, state: "creating" as const, logPath: null };
    await inWatch(deps.db, watch, (tx) => moveRoom(tx, watch, room, "error", messageOf(error)));
    await noteFailure(deps, watching, room, messageOf(error));
  }
}
