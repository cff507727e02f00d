import { transferScheduler } from "../../../shared/scheduler.ts";
import type { ProcessState } from "../../connectors/room-runtime.ts";
import type { RoomPings } from "../../connectors/room-store.ts";
import { selectApiPresence } from "../../db/api-presence.ts";
import {
  forgetProcess,
  inWatch,
  keepProcess,
  moveRoom,
  type WatchedRoom,
  type WatchedScheduler,
} from "../../db/watching.ts";
import {
  judgeRoom,
  type ObservedRoom,
  type RoomTimeouts,
  type RoomVerdict,
} from "../../domain/room-status.ts";
import { isStaleMark } from "../rooms/room-mark.ts";
import { releaseTransfers } from "../transfers/release-transfers.ts";
import { lastWordsOf, runtimeOf, viewOf } from "./runtime-of.ts";
import type { WatchDeps, Watching } from "./watch-deps.ts";

const longestPauseMs = 30_000;

/**
 * Holds what PostgreSQL says of each room against its process and its pings, and writes what follows.
 * Silence proves nothing for one ping timeout after this watcher began, the store could not be read
 * or was emptied, or there was no API to ping. Answers whether anything changed.
 */
export async function observeRooms(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  rooms: WatchedRoom[],
): Promise<boolean> {
  const pings = await readPings(deps, watching, scheduler.name);
  const pingTimeoutMs = deps.roomTimeouts.pingTimeoutSeconds * 1_000;
  const timeouts = {
    pingTimeoutMs,
    occupiedTimeoutMs: scheduler.specification.occupiedTimeout * 1_000,
    isSilenceExcused: performance.now() - watching.excusedMs < pingTimeoutMs,
  };
  let isChanged = false;
  for (const room of rooms) {
    const runtime = viewOf(deps, room);
    const ping = pings.get(room.id);
    const silentMs = Math.min(room.silentMs, ping?.silentMs ?? Number.POSITIVE_INFINITY);
    // Who moved it could not tell the store, or a ping that was under way marked it again.
    if (isStaleMark(ping?.marked ?? null, room)) await unmark(deps, scheduler, room);
    const observed = { ...room, silentMs, runtime };
    const verdict =
      judgeRoom(observed, timeouts) ??
      judgeDraining(room, scheduler) ??
      judgeLost(observed, timeouts, scheduler);
    if (verdict) {
      await carryOut(deps, watching, scheduler, room, verdict);
      isChanged = true;
    } else if (room.state === "terminated" && isOver(deps, room, runtime)) {
      await forget(deps, watching, room);
    } else {
      await noteHost(deps, watching, room);
      endProcess(deps, watching, scheduler, room);
    }
  }
  noteBirths(watching, rooms);
  endStrays(deps, scheduler, rooms);
  return isChanged;
}

/** Where this worker knows nothing of its machine there is nothing that it could wait for. */
function isOver(deps: WatchDeps, room: WatchedRoom, { state }: ProcessState): boolean {
  if (state === "unknown") return runtimeOf(deps, room) === null;
  return state === "exited" || state === "missing";
}

async function forget(deps: WatchDeps, { watch }: Watching, room: WatchedRoom): Promise<void> {
  await inWatch(deps.db, watch, (tx) => forgetProcess(tx, watch, room.id));
  const { pid, processStart: start } = room;
  if (pid !== null && start !== null) runtimeOf(deps, room)?.forget({ pid, start });
}

/** A pod is given its address when it is scheduled. */
async function noteHost(deps: WatchDeps, { watch }: Watching, room: WatchedRoom): Promise<void> {
  const { pid, processStart: start, id } = room;
  if (room.host !== null || pid === null || start === null) return;
  const host = runtimeOf(deps, room)?.hostOf({ pid, start }) ?? null;
  if (host !== null) await inWatch(deps.db, watch, (tx) => keepProcess(tx, watch, id, { host }));
}

/** What a worker started that died before it could note it. */
function endStrays({ pods }: WatchDeps, { name }: WatchedScheduler, rooms: WatchedRoom[]): void {
  const ids = new Set(rooms.map(({ id }) => id));
  for (const stray of pods?.strays(name, ids) ?? []) pods?.signal(stray, "SIGKILL");
}

/** One that was creating at the look before and works now: rooms come up. */
function noteBirths(watching: Watching, rooms: WatchedRoom[]): void {
  const isBorn = rooms.some(
    ({ id, state }) => watching.creating.has(id) && (state === "ready" || state === "occupied"),
  );
  if (isBorn) watching.failures = 0;
  watching.creating = new Set(rooms.flatMap(({ id, state }) => (state === "creating" ? [id] : [])));
}

async function readPings(
  deps: WatchDeps,
  watching: Watching,
  name: string,
): Promise<RoomPings["rooms"]> {
  try {
    const { keptMs, rooms } = await deps.roomStore.read(name);
    const presentMs = await selectApiPresence(deps.db);
    const heardMs = Math.min(keptMs ?? Infinity, presentMs ?? Infinity);
    watching.excusedMs = Math.max(watching.excusedMs, performance.now() - heardMs);
    return rooms;
  } catch (error) {
    deps.log.warn(
      { err: error, scheduler: name },
      "rooms: the pings cannot be read; none is removed for silence",
    );
    watching.excusedMs = performance.now();
    return new Map();
  }
}

/** One that takes nothing more goes as soon as it is free, and at the shutdown timeout at the latest. */
function judgeDraining(room: WatchedRoom, { specification }: WatchedScheduler): RoomVerdict | null {
  if (!room.isDraining) return null;
  if (room.state === "ready") return { state: "terminating", reason: "it is free, and replaced" };
  const isOverdue = (room.drainingMs ?? 0) > specification.shutdownTimeout * 1_000;
  if (room.state !== "occupied" || !isOverdue) return null;
  return { state: "terminating", reason: "it was occupied for the whole shutdownTimeout" };
}

/** One that is leaving on a machine that is gone: nobody sees its process end. */
function judgeLost(
  room: ObservedRoom & WatchedRoom,
  { pingTimeoutMs, isSilenceExcused }: RoomTimeouts,
  { specification }: WatchedScheduler,
): RoomVerdict | null {
  const isLeaving =
    room.state === "terminating" || room.state === "unresponsive" || room.state === "error";
  if (!isLeaving || isSilenceExcused || room.runtime.state !== "unknown") return null;
  const limitMs = specification.shutdownTimeout * 1_000 + pingTimeoutMs;
  const quietMs = Math.min(room.silentMs, room.terminatingMs ?? room.silentMs);
  if (quietMs <= limitMs) return null;
  const reason = `nothing was heard of it or its machine for ${Math.round(quietMs / 1_000)} s`;
  return { state: "terminated", reason };
}

/** Its next ping is told what it is now. Where the store is away its marks are of no account. */
async function unmark(
  { roomStore }: WatchDeps,
  scheduler: WatchedScheduler,
  { id }: WatchedRoom,
): Promise<void> {
  await roomStore.unmark({ scheduler: scheduler.name, room: id }).catch(() => undefined);
}

async function carryOut(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  room: WatchedRoom,
  verdict: RoomVerdict,
): Promise<void> {
  const isMoved = await inWatch(deps.db, watching.watch, (tx) =>
    moveRoom(tx, watching.watch, room, verdict.state, verdict.reason),
  );
  if (!isMoved) return;
  if (verdict.state !== "terminated") await unmark(deps, scheduler, room);
  else await deps.roomStore.remove({ scheduler: scheduler.name, room: room.id }).catch(() => {});
  const { state } = viewOf(deps, room);
  const isGone = state === "exited" || state === "missing";
  // Others go on with its transfers at once, and not when their leases end.
  if (isGone && scheduler.name === transferScheduler) await releaseTransfers(deps, room.id);
  const facts = { scheduler: scheduler.name, room: room.id, from: room.state, to: verdict.state };
  deps.log.info(facts, `room: ${verdict.reason}`);
  deps.changes.publish({ noun: "room", id: null, schedulerId: watching.watch.schedulerId });
  const isOurs = room.version === scheduler.version;
  if (isOurs && room.state === "creating" && verdict.state !== "terminating") {
    await noteFailure(deps, watching, room, verdict.reason);
  }
  endProcess(deps, watching, scheduler, { ...room, state: verdict.state });
}

/** Rooms that never come must not be started as fast as they end. */
export async function noteFailure(
  deps: WatchDeps,
  watching: Watching,
  room: Pick<WatchedRoom, "id" | "machine" | "logPath">,
  reason: string,
): Promise<void> {
  watching.failures += 1;
  const pauseMs = Math.min(longestPauseMs, 125 * 2 ** watching.failures);
  watching.startAtMs = performance.now() + pauseMs;
  const said = await lastWordsOf(deps, room);
  watching.lastFailure = `room ${room.id}: ${reason}${said === "" ? "" : `; it last said: ${said}`}`;
}

/** SIGTERM once, SIGKILL at the shutdown timeout; at once for what hears nothing any more. */
export function endProcess(
  deps: Pick<WatchDeps, "processes" | "pods">,
  { signalled }: Watching,
  { specification }: WatchedScheduler,
  room: WatchedRoom,
): void {
  const runtime = runtimeOf(deps, room);
  if (!runtime || room.pid === null || room.processStart === null) return;
  const process = { pid: room.pid, start: room.processStart };
  const leavingMs = room.terminatingMs ?? room.endedMs ?? 0;
  const isLate = leavingMs > specification.shutdownTimeout * 1_000;
  if (room.state === "unresponsive" || room.state === "error") runtime.signal(process, "SIGKILL");
  else if (room.state === "terminated" && isLate) runtime.signal(process, "SIGKILL");
  else if (room.state === "terminating" && isLate) runtime.signal(process, "SIGKILL");
  else if (room.state === "terminating" && !signalled.has(room.id)) {
    signalled.add(room.id);
    runtime.signal(process, "SIGTERM");
  }
}
