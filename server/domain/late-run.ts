import type { LateReason } from "../../shared/slack.ts";
import { nextTicks, type Schedule } from "./frequency.ts";

/** How long runs of ticks take, from their tick to their end. */
export interface UsualLength {
  /** The median of the newest that succeeded at once; null where there are none. */
  seconds: number | null;
  /** How many it is the median of. */
  runs: number;
}

/** Fewer say nothing about what is usual. */
const fewestRuns = 3;
/** A run of seconds that takes some more is nobody's news. */
const leastSeconds = 600;

/**
 * When the run of a tick is to end: so long after the tick as its frequency says; else after twice the
 * time that such runs take, ten minutes at least, and at the next tick at the latest.
 */
export function dueAtOf(
  schedule: Schedule & { lateAfterSeconds: number | null },
  tickAt: Date,
  usual: UsualLength,
): { dueAt: Date; why: LateReason } {
  const after = (seconds: number) => new Date(tickAt.getTime() + seconds * 1000);
  if (schedule.lateAfterSeconds !== null) {
    return { dueAt: after(schedule.lateAfterSeconds), why: "set" };
  }
  const [next = after(schedule.periodSeconds)] = nextTicks(schedule, tickAt, 1);
  if (usual.seconds === null || usual.runs < fewestRuns) return { dueAt: next, why: "nextTick" };
  const dueAt = after(Math.max(leastSeconds, 2 * usual.seconds));
  return dueAt < next ? { dueAt, why: "usual" } : { dueAt: next, why: "nextTick" };
}
