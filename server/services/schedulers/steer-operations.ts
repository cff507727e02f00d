import type { Db } from "../../db/client.ts";
import {
  selectOpenOperations,
  type WatchedOperation,
  writeOperation,
} from "../../db/watched-operations.ts";
import {
  activate,
  deleteSchedulerRow,
  inWatch,
  isAsSeen,
  moveRoom,
  rollBack,
  type WatchedRoom,
  type WatchedScheduler,
} from "../../db/watching.ts";
import { lastWordsOf, viewOf } from "./runtime-of.ts";
import type { WatchDeps, Watching } from "./watch-deps.ts";

/** New rooms in a row that never came, after which an update is given up before its time is over. */
const mostFailures = 5;

/**
 * Brings a scheduler's operations on by what its rooms have become: begins them, notes their progress,
 * and ends them: done, or failed with what the rooms last said. Answers whether the scheduler is gone.
 */
export async function steerOperations(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  rooms: WatchedRoom[],
): Promise<boolean> {
  const operations = await selectOpenOperations(deps.db, watching.watch);
  if (scheduler.state === "terminating") {
    return steerDelete(deps, watching, operations, rooms);
  }
  for (const operation of operations) {
    await steerScaling(deps, watching, scheduler, operation, rooms);
  }
  return false;
}

async function steerDelete(
  deps: WatchDeps,
  { watch }: Watching,
  operations: WatchedOperation[],
  rooms: WatchedRoom[],
): Promise<boolean> {
  if (rooms.length === 0) {
    await inWatch(deps.db, watch, (tx) => deleteSchedulerRow(tx, watch));
    deps.changes.publish({ noun: "scheduler", id: watch.schedulerId });
    return true;
  }
  const limitSeconds = deps.watching.deleteTimeoutSeconds;
  for (const { id, startedMs } of operations.filter(({ kind }) => kind === "delete")) {
    const isOverdue = (startedMs ?? 0) > limitSeconds * 1_000;
    const step = isOverdue
      ? {
          state: "failed" as const,
          reason: `${rooms.length} rooms have not ended within ${limitSeconds} s: delete it again to go on`,
        }
      : {
          state: "running" as const,
          progress: { done: 0, total: rooms.length, note: "rooms end" },
        };
    await inWatch(deps.db, watch, (tx) => writeOperation(tx, id, step));
  }
  return false;
}

/** An operation that came after the look is not ended by what the look has seen. */
async function asSeen(
  deps: WatchDeps,
  { watch }: Watching,
  scheduler: WatchedScheduler,
  work: (tx: Db) => Promise<void>,
): Promise<void> {
  await inWatch(deps.db, watch, async (tx) => {
    if (await isAsSeen(tx, watch, scheduler)) await work(tx);
  });
}

async function steerScaling(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  operation: WatchedOperation,
  rooms: WatchedRoom[],
): Promise<void> {
  const { watch } = watching;
  const total = scheduler.desired ?? scheduler.specification.autoscaling.min;
  const serving = rooms.filter(
    ({ state, major }) => (state === "ready" || state === "occupied") && major === scheduler.major,
  ).length;
  const others = rooms.filter(({ state, major, isDraining }) =>
    operation.kind === "update"
      ? major !== scheduler.major && state !== "terminated"
      : isDraining && state === "ready",
  ).length;
  const progress = { done: Math.min(serving, total), total };
  if (serving >= total && others === 0) {
    await asSeen(deps, watching, scheduler, async (tx) => {
      await writeOperation(tx, operation.id, { state: "succeeded", progress });
      if (operation.kind === "create") await activate(tx, watch);
    });
    deps.changes.publish({ noun: "scheduler", id: watch.schedulerId });
    return;
  }
  const isAdvanced = operation.progress === null || progress.done > operation.progress.done;
  const isStuck = (operation.stuckMs ?? 0) > deps.watching.scaleUpTimeoutSeconds * 1_000;
  const isHopeless = operation.kind === "update" && watching.failures >= mostFailures;
  if (serving < total && ((isStuck && !isAdvanced) || isHopeless)) {
    await failScaling(deps, watching, scheduler, operation, { rooms, isHopeless });
    return;
  }
  await asSeen(deps, watching, scheduler, (tx) =>
    writeOperation(tx, operation.id, { state: "running", progress, isAdvanced }),
  );
}

/** What keeps it from starting, or what it last said. */
async function whatItDoes(deps: WatchDeps, room: WatchedRoom): Promise<string> {
  const view = viewOf(deps, room);
  if (view.state === "pending") return `room ${room.id}: ${view.reason ?? "has not started yet"}`;
  const said = await lastWordsOf(deps, room);
  return `room ${room.id}: ${said === "" ? "has said nothing" : `last said: ${said}`}`;
}

/** What never came is removed; an update returns to the version before. */
async function failScaling(
  deps: WatchDeps,
  watching: Watching,
  scheduler: WatchedScheduler,
  operation: WatchedOperation,
  { rooms, isHopeless }: { rooms: WatchedRoom[]; isHopeless: boolean },
): Promise<void> {
  const { watch } = watching;
  const creating = rooms.filter(({ state }) => state === "creating");
  const { failures, lastFailure } = watching;
  const words: string[] = isHopeless && lastFailure !== "" ? [lastFailure] : [];
  for (const room of creating.slice(0, 5)) words.push(await whatItDoes(deps, room));
  if (words.length === 0 && lastFailure !== "") words.push(lastFailure);
  if (words.length === 0) words.push("no more rooms fit on this machine");
  const limit = deps.watching.scaleUpTimeoutSeconds;
  const fault = isHopeless
    ? `${failures} new rooms in a row did not become ready`
    : `not all rooms were ready within ${limit} s`;
  const reason = `${fault}: ${words.join("; ")}`.slice(0, 4_000);
  await asSeen(deps, watching, scheduler, async (tx) => {
    for (const room of creating) {
      await moveRoom(tx, watch, room, "terminating", "it was not ready in time");
    }
    await writeOperation(tx, operation.id, { state: "failed", reason });
    if (operation.kind === "create") await activate(tx, watch);
    if (operation.kind === "update" && operation.fromVersion !== null) {
      await rollBack(tx, watch, operation.fromVersion, { version: scheduler.version, reason });
    }
  });
  const pauseMs = scheduler.specification.autoscaling.up.cooldown * 1_000;
  watching.startAtMs = operation.kind === "update" ? 0 : performance.now() + pauseMs;
  watching.failures = 0;
  deps.log.warn({ scheduler: scheduler.name, operation: operation.id }, `scheduler: ${reason}`);
  deps.changes.publish({ noun: "scheduler", id: watch.schedulerId });
}
