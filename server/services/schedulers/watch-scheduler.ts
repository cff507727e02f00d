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
    lookedAtMs: Date.now(),
    version: null,
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
  const periodMs = deps.watching.autoscalingPeriodSeconds * 1_000;
  const longestMs = Math.max(deps.roomTimeouts.pingTimeoutSeconds * 1_000, 2 * periodMs);
  const nowMs = Date.now();
  // The machine was suspended, or the worker stopped: its rooms may have been too.
  if (nowMs - watching.lookedAtMs > longestMs) watching.excusedMs = performance.now();
  watching.lookedAtMs = nowMs;
  try {
    return await lookAndAct(deps, watching, isPeriod, signal);
  } catch (error) {
    // PostgreSQL may have been away, and have taken no ping.
    watching.excusedMs = performance.now();
    throw error;
  }
}

async function lookAndAct(
  deps: WatchDeps,
  watching: Watching,
  isPeriod: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const look = async () => {
    const scheduler = await selectWatched(deps.db, watching.watch);
    if (scheduler) noteVersion(watching, scheduler);
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

/** Another version has not failed yet, and waits for nothing. */
function noteVersion(watching: Watching, { version }: WatchedScheduler): void {
  if (watching.version !== null && watching.version !== version) {
    watching.failures = 0;
    watching.startAtMs = 0;
  }
  watching.version = version;
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
    const left = rooms.filter(({ state, isDraining }) => isAvailable(state) && !isDraining);
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
  const step = plan(mostRoomsAtOnce);
  if (step) {
    const start = mayStart ? step.start : 0;
    if (start + step.end.length + step.drain.length === 0) return;
    await locked("config", async () => {
      const started = start > 0 ? await startRooms(deps, watching, scheduler, start) : 0;
      // The machine is full: old ones make place.
      const going = start > 0 && started === 0 ? plan(0) : step;
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
  if (rooms.length === 0) return;
  const occupied = rooms.filter(({ state }) => state === "occupied");
  const free = rooms.filter(({ state }) => state !== "occupied");
  const { watch } = watching;
  const moved = await inWatch(deps.db, watch, async (tx) => {
    const ids = occupied.map(({ id }) => id);
    if (ids.length > 0) await drainRooms(tx, watch, ids);
    for (const room of free) {
      // One that became occupied meanwhile is not in the state it was seen in, and stays.
      const isMoved = await moveRoom(tx, watch, room, "terminating", "it is not needed");
      if (isMoved) ids.push(room.id);
    }
    return ids;
  });
  if (moved.length === 0) return;
  const scheduler = await selectWatched(deps.db, watch);
  if (!scheduler) return;
  for (const room of moved) {
    await deps.roomStore.unmark({ scheduler: scheduler.name, room }).catch(() => undefined);
  }
  deps.changes.publish({ noun: "room", id: null, schedulerId: watch.schedulerId });
}

function isAvailable(state: WatchedRoom["state"]): boolean {
  return state === "creating" || state === "ready" || state === "occupied";
}
