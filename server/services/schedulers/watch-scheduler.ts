import {
  drainRooms,
  inWatch,
  moveRoom,
  selectWatched,
  selectWatchedRooms,
  takeUpScheduler,
  type WatchedRoom,
  type WatchedScheduler,
} from "../../db/watching.ts";
import { availableOf, mostRoomsAtOnce } from "../../domain/autoscaling.ts";
import { planRollout } from "../../domain/rollout.ts";
import { holdLock } from "../../support/hold-lock.ts";
import { autoscale, countRooms } from "./autoscale.ts";
import { observeRooms } from "./observe-rooms.ts";
import { startRooms } from "./start-rooms.ts";
import { steerOperations } from "./steer-operations.ts";
import type { WatchDeps, Watching } from "./watch-deps.ts";

/*
 * One look of a watcher at its scheduler:
 *   1. observe   rooms are held against their processes and their pings; dead ones go
 *   2. autoscale once a period: a point, and how many rooms there shall be
 *   3. steer     operations begin, come on and end
 *   4. settle    rooms are started and ended: a rollout's step, or towards the number that is wanted
 * Each writes under the watcher's fence, and each begins from what stands in PostgreSQL: a crash between
 * any two of them costs the time until the next look.
 */

export async function takeUp(deps: WatchDeps, schedulerId: number): Promise<Watching | null> {
  const watch = await takeUpScheduler(deps.db, schedulerId);
  if (!watch) return null;
  return {
    watch,
    excusedMs: performance.now(),
    creating: new Set(),
    signalled: new Set(),
    failures: 0,
    startAtMs: 0,
    lastFailure: "",
  };
}

/** False: the scheduler is no more, or another watcher's. `isPeriod`: a point is due. */
export async function watchScheduler(
  deps: WatchDeps,
  watching: Watching,
  isPeriod: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const look = async () => {
    const scheduler = await selectWatched(deps.db, watching.watch);
    const rooms = scheduler ? await selectWatchedRooms(deps.db, watching.watch) : [];
    return { scheduler, rooms };
  };
  let { scheduler, rooms } = await look();
  if (!scheduler) return false;
  if (await observeRooms(deps, watching, scheduler, rooms)) ({ scheduler, rooms } = await look());
  if (!scheduler || signal.aborted) return scheduler !== null;
  if (isPeriod && (await autoscale(deps, watching, scheduler, rooms))) {
    ({ scheduler, rooms } = await look());
    if (!scheduler) return false;
  }
  if (await steerOperations(deps, watching, scheduler, rooms)) return false;
  ({ scheduler, rooms } = await look());
  if (!scheduler) return false;
  if (!signal.aborted) await settle(deps, watching, scheduler, rooms, signal);
  return true;
}

async function settle(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  rooms: WatchedRoom[],
  signal: AbortSignal,
): Promise<void> {
  const locked = (kind: string, work: () => Promise<void>) => {
    const { lockKey, lockTtlMs } = deps.watching;
    const times = { ttlMs: lockTtlMs, waitMs: 0 };
    return holdLock(deps.lockStore, `${lockKey}-${scheduler.name}-${kind}`, times, signal, work);
  };
  if (scheduler.state === "terminating") {
    const left = rooms.filter(({ state }) => isAvailable(state));
    if (left.length > 0) await locked("termination", () => release(deps, watching, left));
    return;
  }
  const desired = scheduler.desired ?? scheduler.specification.autoscaling.min;
  const mayStart = performance.now() >= watching.startAtMs;
  const plan = (capacity: number) =>
    planRollout({
      desired,
      maxSurge: scheduler.specification.maxSurge,
      capacity,
      rooms: rooms.map((room) => ({ ...room, isOld: room.major !== scheduler.major })),
    });
  const step = mayStart ? plan(mostRoomsAtOnce) : null;
  if (step) {
    await locked("config", async () => {
      const started = step.start > 0 ? await startRooms(deps, watching, scheduler, step.start) : 0;
      // The machine is full: old ones make place.
      const going = step.start > 0 && started === 0 ? plan(0) : step;
      const ids = new Set([...(going?.end ?? []), ...(going?.drain ?? [])]);
      await release(
        deps,
        watching,
        rooms.filter(({ id }) => ids.has(id)),
      );
    });
    return;
  }
  await reachDesired(deps, watching, scheduler, rooms, { desired, mayStart, locked });
}

async function reachDesired(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  rooms: WatchedRoom[],
  aim: {
    desired: number;
    mayStart: boolean;
    locked(kind: string, work: () => Promise<void>): Promise<unknown>;
  },
): Promise<void> {
  const missing = aim.desired - availableOf(countRooms(rooms));
  if (missing > 0 && aim.mayStart) {
    await startRooms(deps, watching, scheduler, Math.min(missing, mostRoomsAtOnce));
  }
  if (missing >= 0) return;
  const youngest = rooms
    .filter(({ state, isDraining }) => state === "ready" && !isDraining)
    .reverse();
  const going = youngest.slice(0, Math.min(-missing, mostRoomsAtOnce));
  if (going.length > 0) await aim.locked("downscaling", () => release(deps, watching, going));
}

/** Those that are free end now; occupied ones take nothing more, and end when they are free. */
async function release(deps: WatchDeps, watching: Watching, rooms: WatchedRoom[]): Promise<void> {
  const occupied = rooms.filter(({ state }) => state === "occupied");
  const free = rooms.filter(({ state }) => state !== "occupied");
  const { watch } = watching;
  await inWatch(deps.db, watch, async (tx) => {
    // One that became occupied meanwhile is not in the state it was seen in, and stays.
    for (const room of free) await moveRoom(tx, watch, room, "terminating", "it is not needed");
    const ids = occupied.map(({ id }) => id);
    if (ids.length > 0) await drainRooms(tx, watch, ids);
  });
  const scheduler = await selectWatched(deps.db, watch);
  if (!scheduler) return;
  for (const { id } of rooms) {
    await deps.roomStore.unmark({ scheduler: scheduler.name, room: id }).catch(() => undefined);
  }
  deps.changes.publish({ noun: "room", id: null, schedulerId: watch.schedulerId });
}

function isAvailable(state: WatchedRoom["state"]): boolean {
  return state === "creating" || state === "ready" || state === "occupied";
}
