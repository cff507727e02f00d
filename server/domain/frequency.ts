import { fromWall, toWall, type WallTime, wallTime, wallTimeOf } from "./wall-clock.ts";

/** What decides when a frequency ticks. */
export interface Schedule {
  periodSeconds: number;
  offsetSeconds: number;
  timeZone: string | null;
}

/** Monday 0001-01-01T00:00:00Z, the zero that Go's time.Truncate counts from. */
const zeroMs = -62_135_596_800_000;
const daySeconds = 86_400;

/**
 * The last tick at or before `now`.
 *
 * The ticks are `zero + k × period + offset` for every whole k, where zero is Monday
 * 0001-01-01T00:00:00Z, so that a week begins on Monday. This is the last of them that has passed. It
 * is `truncate(now, period) + offset` where that has passed and the next has not; with an offset below
 * 0, or of a period and more, it is as many periods later or earlier as it takes. An offset hence
 * counts modulo the period: for a day −1 h, 23 h and 47 h make the same ticks.
 *
 * With a time zone, periods of whole days are counted on its wall clock: "daily at 06:00" stays at
 * 06:00 through DST. A wall time that exists twice ticks once, at the first; one that does not
 * exist ticks later by the jump (02:30 at 03:30). Where a zone leaves out a whole day, that brings the
 * tick of that day to the next day's, and the two are one. Other periods are lengths of time and run
 * on through DST evenly, as in UTC.
 */
export function tickAt(schedule: Schedule, now: Date): Date {
  return new Date(instantOf(schedule, lastIndex(schedule, now)));
}

/** The next `count` ticks after `now`. */
export function nextTicks(schedule: Schedule, now: Date, count: number): Date[] {
  const ticks = ticksAfter(schedule, now);
  return Array.from({ length: count }, () => ticks.next().value.at);
}

export interface Tick {
  at: Date;
  /**
   * The wall time that it stands for, which conditions are asked of. Where ticks are counted on the
   * wall clock it is the time meant: a daily 02:30 stands for the hour 2 also on the day on which it
   * comes at 03:30.
   */
  wall: WallTime;
}

/** The ticks after `now`, each later than the one before, without end. */
export function* ticksAfter(schedule: Schedule, now: Date): Generator<Tick, never> {
  let lastMs = now.getTime();
  for (let index = lastIndex(schedule, now) + 1; ; index += 1) {
    const tick = tickOf(schedule, index);
    if (tick.at.getTime() <= lastMs) continue;
    lastMs = tick.at.getTime();
    yield tick;
  }
}

/** The first, the last and the number of the ticks after one instant and before another. */
export function ticksBetween(schedule: Schedule, after: Date, before: Date): TicksBetween | null {
  const last = tickAt(schedule, new Date(before.getTime() - 1));
  if (last <= after) return null;
  const [first = last] = nextTicks(schedule, after, 1);
  if (zoneOf(schedule) === null) {
    const periodMs = schedule.periodSeconds * 1000;
    return { first, last, count: (last.getTime() - first.getTime()) / periodMs + 1 };
  }
  // On a wall clock they are not evenly spaced, and two may fall together; but they are days apart.
  let count = 0;
  for (const { at } of ticksAfter(schedule, after)) {
    if (at >= before) break;
    count += 1;
  }
  return { first, last, count };
}

interface TicksBetween {
  first: Date;
  last: Date;
  count: number;
}

/** The wall time that the tick at this instant stands for. */
export function wallTimeOfTick(schedule: Schedule, at: Date): WallTime {
  return tickOf(schedule, lastIndex(schedule, at)).wall;
}

function tickOf(schedule: Schedule, index: number): Tick {
  const at = new Date(instantOf(schedule, index));
  const isCounted = zoneOf(schedule) !== null;
  return {
    at,
    wall: isCounted ? wallTimeOf(wallOf(schedule, index)) : wallTime(at, schedule.timeZone),
  };
}

/** How many periods since the zero the last tick is; the last of two that fall together. */
function lastIndex(schedule: Schedule, now: Date): number {
  const wall = toWall(now.getTime(), zoneOf(schedule));
  const periodMs = schedule.periodSeconds * 1000;
  let index = Math.floor((wall - schedule.offsetSeconds * 1000 - zeroMs) / periodMs);
  // Around a change of the clocks the wall may be ahead of the tick's instant, or behind it.
  while (instantOf(schedule, index) > now.getTime()) index -= 1;
  while (instantOf(schedule, index + 1) <= now.getTime()) index += 1;
  return index;
}

/** Never falls as the index rises: ticks on a wall clock are a day apart, and no clock jumps further. */
function instantOf(schedule: Schedule, index: number): number {
  return fromWall(wallOf(schedule, index), zoneOf(schedule));
}

function wallOf({ periodSeconds, offsetSeconds }: Schedule, index: number): number {
  return zeroMs + (index * periodSeconds + offsetSeconds) * 1000;
}

/** The zone on whose wall clock the ticks are counted. */
function zoneOf(schedule: Schedule): string | null {
  return schedule.periodSeconds % daySeconds === 0 ? schedule.timeZone : null;
}
