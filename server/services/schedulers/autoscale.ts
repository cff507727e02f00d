import {
  countWaitingTransfers,
  insertPoints,
  selectPoints,
  type TriggerPoint,
} from "../../db/scheduler-points.ts";
import { insertOperation } from "../../db/schedulers.ts";
import { inWatch, setDesired, type WatchedRoom, type WatchedScheduler } from "../../db/watching.ts";
import {
  type AutoscalingInput,
  availableOf,
  decideScaling,
  type RoomCounts,
  usageOf,
} from "../../domain/autoscaling.ts";
import type { WatchDeps, Watching } from "./watch-deps.ts";

/**
 * One point of each trigger, and one decision. A decision changes how many rooms there shall be; the
 * watcher's next step starts or ends them.
 */
export async function autoscale(
  deps: WatchDeps,
  { watch }: Watching,
  scheduler: WatchedScheduler,
  rooms: WatchedRoom[],
): Promise<boolean> {
  const { autoscaling } = scheduler.specification;
  const counts = countRooms(rooms);
  const usesQueue = [...autoscaling.up.metricsTrigger, ...autoscaling.down.metricsTrigger].some(
    ({ type }) => type === "queue",
  );
  const queue = usesQueue
    ? { waiting: await countWaitingTransfers(deps.db), slotsPerRoom: deps.watching.slotsPerRoom }
    : null;
  const measured = { cpu: null, mem: null, queue };
  const known = { counts, measured, autoscaling };
  const points: TriggerPoint[] = (["up", "down"] as const).flatMap((direction) =>
    autoscaling[direction].metricsTrigger.map(({ type }, index) => ({
      trigger: `${direction} ${index} ${type}`,
      usage: usageOf(type, known),
    })),
  );
  return inWatch(deps.db, watch, async (tx) => {
    await insertPoints(tx, watch.schedulerId, points, counts);
    const input: AutoscalingInput = {
      ...known,
      state: scheduler.state,
      points: await readPoints(tx, watch.schedulerId, autoscaling),
      periodSeconds: deps.watching.autoscalingPeriodSeconds,
      sinceScaledSeconds: scheduler.sinceScaledSeconds,
    };
    const decision = decideScaling(input);
    const desired = decision && availableOf(counts) + decision.delta;
    if (decision === null || desired === null || desired === scheduler.desired) return false;
    // More are wanted already, and they are on their way.
    if (decision.delta > 0 && desired <= (scheduler.desired ?? autoscaling.min)) return false;
    if (!(await setDesired(tx, watch, scheduler.desired, desired))) return false;
    await insertOperation(tx, {
      schedulerId: watch.schedulerId,
      kind: "scale",
      actor: "autoscaling",
      summary: `scale from ${availableOf(counts)} to ${desired}: ${decision.reason}`,
    });
    return true;
  });
}

async function readPoints(
  tx: Parameters<typeof selectPoints>[0],
  schedulerId: number,
  autoscaling: WatchedScheduler["specification"]["autoscaling"],
): Promise<AutoscalingInput["points"]> {
  const read = async (direction: "up" | "down") => {
    const histories: number[][] = [];
    for (const [index, { type, time }] of autoscaling[direction].metricsTrigger.entries()) {
      histories.push(await selectPoints(tx, schedulerId, `${direction} ${index} ${type}`, time));
    }
    return histories;
  };
  return { up: await read("up"), down: await read("down") };
}

export function countRooms(rooms: WatchedRoom[]): RoomCounts {
  const count = (state: WatchedRoom["state"]) =>
    rooms.filter((room) => room.state === state && !room.isDraining).length;
  return { creating: count("creating"), ready: count("ready"), occupied: count("occupied") };
}
