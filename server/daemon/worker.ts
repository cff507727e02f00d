import { endStrayPods } from "../services/schedulers/end-stray-pods.ts";
import { keepTransferRooms } from "../services/schedulers/ensure-transfer-rooms.ts";
import { forgetLogs } from "../services/schedulers/forget-logs.ts";
import { listWatched } from "../services/schedulers/list-watched.ts";
import type { WatchDeps } from "../services/schedulers/watch-deps.ts";
import { takeUp, watchScheduler } from "../services/schedulers/watch-scheduler.ts";
import { createDue } from "../support/due.ts";
import { holdLock } from "../support/hold-lock.ts";
import { startLoop } from "../support/loop.ts";

/*
 * A worker hosts one watcher for each scheduler that PostgreSQL has. Of several workers one watches a
 * scheduler at a time: its watcher holds the lock `<key>:<name>`, and the others wait for it. No name has
 * a colon, so that it is no other scheduler's lock for a rollout (`<key>-<name>-config`). A watcher that
 * loses the lock stops, and stands in line again at the next sync.
 */

export interface Worker {
  /** Schedulers that it watches now. */
  holding(): string[];
  /** Their ids. */
  watched(): number[];
  /** Begins no look any more, and waits for those under way. */
  stop(): Promise<void>;
}

/** Looks that are asked for by events are at least so far apart. */
const quietMs = 100;
/** Between two looks for output that is old. */
const logsMs = 3_600_000;

export function startWorker(deps: WatchDeps): Worker {
  const stopping = new AbortController();
  const watchers = new Map<number, { name: string; isHeld: boolean; ended: Promise<void> }>();

  const open = (id: number, name: string) => {
    const watcher = { name, isHeld: false, ended: Promise.resolve() };
    const onHeld = (isHeld: boolean) => {
      watcher.isHeld = isHeld;
    };
    watcher.ended = runWatcher(deps, id, name, stopping.signal, onHeld)
      .catch((error: unknown) => {
        deps.log.warn(
          { err: error, scheduler: name },
          "watcher: ended; begun again at the next sync",
        );
      })
      .finally(() => watchers.delete(id));
    watchers.set(id, watcher);
  };
  const logs = createDue(logsMs);
  const sync = startLoop({
    name: "worker",
    log: deps.log,
    periodMs: deps.watching.syncPeriodSeconds * 1_000,
    async body() {
      if (logs.take()) await forgetLogs(deps);
      await keepTransferRooms(deps, deps.watching.transferRooms);
      const watched = await listWatched(deps);
      endStrayPods(deps, watched);
      for (const { id, name } of watched) {
        if (!watchers.has(id) && !stopping.signal.aborted) open(id, name);
      }
    },
  });
  const unsubscribe = deps.changes.subscribe(({ noun }) => {
    if (noun === "scheduler") sync.wake();
  });
  return {
    holding: () =>
      [...watchers.values()].flatMap(({ name, isHeld }) => (isHeld ? [`scheduler ${name}`] : [])),
    watched: () => [...watchers].flatMap(([id, { isHeld }]) => (isHeld ? [id] : [])),
    async stop() {
      unsubscribe();
      await sync.stop();
      stopping.abort();
      await Promise.all([...watchers.values()].map(({ ended }) => ended));
    },
  };
}

async function runWatcher(
  deps: WatchDeps,
  id: number,
  name: string,
  stopping: AbortSignal,
  onHeld: (isHeld: boolean) => void,
): Promise<void> {
  const { lockKey, lockTtlMs, lockWaitMs } = deps.watching;
  const times = { ttlMs: lockTtlMs, waitMs: lockWaitMs };
  const held = await holdLock(
    deps.lockStore,
    `${lockKey}:${name}`,
    times,
    stopping,
    async (signal) => {
      onHeld(true);
      await watch(deps, id, signal).finally(() => onHeld(false));
    },
  );
  if (!held && !stopping.aborted) {
    deps.log.info(
      { scheduler: name },
      "watcher: another worker has the lock; tried again at the next sync",
    );
  }
}

/** Until the scheduler is no more, or the signal is aborted. */
async function watch(deps: WatchDeps, id: number, signal: AbortSignal): Promise<void> {
  const watching = await takeUp(deps, id);
  if (!watching) return;
  const periodMs = deps.watching.autoscalingPeriodSeconds * 1_000;
  const over = Promise.withResolvers<void>();
  let pointMs = Number.NEGATIVE_INFINITY;
  let lookMs = Number.NEGATIVE_INFINITY;
  const loop = startLoop({
    name: "watcher",
    log: deps.log,
    periodMs,
    async body(stopped) {
      const waitMs = lookMs + quietMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const either = AbortSignal.any([stopped, signal]);
      if (either.aborted) return;
      lookMs = performance.now();
      const isPeriod = lookMs - pointMs >= periodMs * 0.9;
      if (isPeriod) pointMs = lookMs;
      if (!(await watchScheduler(deps, watching, isPeriod, either))) over.resolve();
    },
  });
  const onChange = deps.changes.subscribe(({ noun, id: changed, schedulerId }) => {
    const isOurs = noun === "scheduler" ? changed === id || changed === null : schedulerId === id;
    if ((noun === "scheduler" || noun === "room") && isOurs) loop.wake();
  });
  const runtimes = deps.pods ? [deps.processes, deps.pods] : [deps.processes];
  const unlisten = runtimes.map((runtime) => runtime.onChange(() => loop.wake()));
  const aborted = () => over.resolve();
  if (signal.aborted) aborted();
  signal.addEventListener("abort", aborted, { once: true });
  await over.promise;
  onChange();
  for (const stop of unlisten) stop();
  await loop.stop();
}
