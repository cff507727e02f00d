import type { Autoscaling, TriggerType } from "../../shared/autoscaling.ts";

/*
 * How many rooms a scheduler shall have. A point of every trigger's metric is noted once a period;
 * what is decided follows from the counts, the points and the time of the last decision alone.
 *
 * In order, and the first that says something wins: min, max, the up triggers, the down triggers. A
 * trigger fires when of the N = ⌊time / period⌋ points that fit in its time more than `threshold` per
 * cent are beyond its `usage`, when that calls for a change in its direction, and when the cooldown
 * is over; an up trigger whose metric is at its `limit` fires at once. Points that are not there yet
 * count as not beyond.
 */

/** Rooms that one operation starts or ends at most. */
export const mostRoomsAtOnce = 300;

export interface RoomCounts {
  creating: number;
  ready: number;
  occupied: number;
}

/** What is measured in a period; null: it cannot be, and its triggers rest. */
export interface Measured {
  /** Of Σ requests, in per cent. */
  cpu: number | null;
  mem: number | null;
  queue: { waiting: number; slotsPerRoom: number } | null;
}

export interface AutoscalingInput {
  state: "creating" | "active" | "terminating";
  counts: RoomCounts;
  autoscaling: Pick<Autoscaling, "min" | "max" | "up" | "down">;
  measured: Measured;
  /** The points of each trigger, in the order of the specification, the newest last. */
  points: { up: number[][]; down: number[][] };
  periodSeconds: number;
  /** Since the last change of the number of rooms; null: there was none. */
  sinceScaledSeconds: number | null;
}

export interface AutoscalingDecision {
  /** Rooms to start, or below zero to end; never 0. */
  delta: number;
  reason: string;
}

export function availableOf({ creating, ready, occupied }: RoomCounts): number {
  return creating + ready + occupied;
}

/** The metric of a trigger now, in per cent; null where it cannot be measured. */
export function usageOf(
  type: TriggerType,
  input: Pick<AutoscalingInput, "counts" | "measured" | "autoscaling">,
): number | null {
  const available = availableOf(input.counts);
  if (type === "cpu") return available === 0 ? null : input.measured.cpu;
  if (type === "mem") return available === 0 ? null : input.measured.mem;
  if (type === "room") {
    return available === 0 ? null : (100 * input.counts.occupied) / available;
  }
  const desired = desiredByQueue(input);
  if (desired === null) return null;
  if (available === 0) return desired === 0 ? 100 : emptyFleetUsage;
  return (100 * desired) / available;
}

/** Of a queue that waits where no room is: above every limit. */
const emptyFleetUsage = 1_000_000;

export function decideScaling(input: AutoscalingInput): AutoscalingDecision | null {
  if (input.state !== "active") return null;
  const decided = decideBounds(input) ?? decideUp(input) ?? decideDown(input);
  return decided && bounded(decided, input);
}

function decideBounds({ counts, autoscaling }: AutoscalingInput): AutoscalingDecision | null {
  const { min, max } = autoscaling;
  const available = availableOf(counts);
  if (available < min) {
    return { delta: min - available, reason: `${available} rooms are fewer than min ${min}` };
  }
  if (max > 0 && available > max) {
    return { delta: max - available, reason: `${available} rooms are more than max ${max}` };
  }
  return null;
}

function decideUp(input: AutoscalingInput): AutoscalingDecision | null {
  const { metricsTrigger, cooldown } = input.autoscaling.up;
  for (const [index, trigger] of metricsTrigger.entries()) {
    const usage = usageOf(trigger.type, input);
    if (usage === null) continue;
    const delta = deltaOf(trigger, usage, input);
    if (delta <= 0) continue;
    const name = `up trigger ${index + 1} (${trigger.type})`;
    // Whoever waits in a queue waits for nothing else: there is no reason to look on.
    if (usage >= trigger.limit || trigger.type === "queue") {
      return { delta, reason: `${name}: ${shown(usage, trigger.type)}` };
    }
    const above = (input.points.up[index] ?? []).map((point) => point > trigger.usage);
    if (fires(trigger, above, input.periodSeconds) && isCool(cooldown, input)) {
      return { delta, reason: `${name}: above ${trigger.usage} % for ${trigger.time} s` };
    }
  }
  return null;
}

function decideDown(input: AutoscalingInput): AutoscalingDecision | null {
  const { metricsTrigger, cooldown } = input.autoscaling.down;
  for (const [index, trigger] of metricsTrigger.entries()) {
    const usage = usageOf(trigger.type, input);
    if (usage === null) continue;
    const delta = deltaOf(trigger, usage, input);
    if (delta >= 0) continue;
    const target = trigger.type === "queue" ? 100 : trigger.usage;
    const below = (input.points.down[index] ?? []).map((point) => point < target);
    if (fires(trigger, below, input.periodSeconds) && isCool(cooldown, input)) {
      const reason = `down trigger ${index + 1} (${trigger.type}): below ${target} % for ${trigger.time} s`;
      return { delta, reason };
    }
  }
  return null;
}

/** Rooms that bring the metric to the trigger's usage. */
function deltaOf(
  trigger: { type: TriggerType; usage: number },
  usage: number,
  input: AutoscalingInput,
): number {
  const available = availableOf(input.counts);
  if (trigger.type === "room") {
    return Math.ceil((input.counts.occupied * 100) / trigger.usage) - available;
  }
  if (trigger.type === "queue") return (desiredByQueue(input) ?? available) - available;
  return Math.ceil((usage / trigger.usage) * available) - available;
}

function desiredByQueue({
  counts,
  measured,
  autoscaling: { min, max },
}: Pick<AutoscalingInput, "counts" | "measured" | "autoscaling">): number | null {
  if (!measured.queue) return null;
  const { waiting, slotsPerRoom } = measured.queue;
  const wanted = Math.max(min, counts.occupied + Math.ceil(waiting / slotsPerRoom));
  return max > 0 ? Math.min(max, wanted) : wanted;
}

function fires(
  { time, threshold }: { time: number; threshold: number },
  beyond: boolean[],
  periodSeconds: number,
): boolean {
  const points = Math.max(1, Math.floor(time / periodSeconds));
  const count = beyond.slice(-points).filter(Boolean).length;
  return 100 * count > threshold * points;
}

function isCool(cooldown: number, { sinceScaledSeconds }: AutoscalingInput): boolean {
  return sinceScaledSeconds === null || sinceScaledSeconds >= cooldown;
}

/** Within min and max, of ready rooms alone where it takes any away, and not too many at once. */
function bounded(
  { delta, reason }: AutoscalingDecision,
  { counts, autoscaling: { min, max } }: AutoscalingInput,
): AutoscalingDecision | null {
  const available = availableOf(counts);
  const most = max > 0 ? Math.max(0, max - available) : mostRoomsAtOnce;
  const least = -Math.min(counts.ready, Math.max(0, available - min));
  const allowed =
    delta > 0 ? Math.min(delta, most, mostRoomsAtOnce) : Math.max(delta, least, -mostRoomsAtOnce);
  // Written so that it is never -0, which is no 0 to everybody.
  return allowed === 0 ? null : { delta: allowed, reason };
}

function shown(usage: number, type: TriggerType): string {
  if (type === "queue") return "transfers wait for rooms";
  return `${Math.round(usage)} % are at its limit`;
}
