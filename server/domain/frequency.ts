import { fromWall, toWall } from "./wall-clock.ts";

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
 * The last tick at or before `now`: `truncate(now, period) + offset`, where truncation counts whole
 * periods from Monday 0001-01-01T00:00:00Z, so that a week begins on Monday.
 *
 * With a time zone, periods of whole days are counted on its wall clock: "daily at 06:00" stays at
 * 06:00 through DST. A wall time that exists twice ticks once, at the first; one that does not
 * exist ticks later by the jump (02:30 at 03:30). Other periods are lengths of time and run on
 * through DST evenly, as in UTC.
 */
export function tickAt(schedule: Schedule, now: Date): Date {
  return new Date(instantOf(schedule, lastIndex(schedule, now)));
}

/** The next `count` ticks after `now`. */
export function nextTicks(schedule: Schedule, now: Date, count: number): Date[] {
  const last = lastIndex(schedule, now);
  return Array.from(
    { length: count },
    (_, index) => new Date(instantOf(schedule, last + 1 + index)),
  );
}

/** How many periods since the zero the last tick is. */
function lastIndex(schedule: Schedule, now: Date): number {
  const wall = toWall(now.getTime(), zoneOf(schedule));
  const periodMs = schedule.periodSeconds * 1000;
  let index = Math.floor((wall - schedule.offsetSeconds * 1000 - zeroMs) / periodMs);
  // Around a change of the clocks the wall may be ahead of the tick's instant, or behind it.
  while (instantOf(schedule, index) > now.getTime()) index -= 1;
  while (instantOf(schedule, index + 1) <= now.getTime()) index += 1;
  return index;
}

function instantOf(schedule: Schedule, index: number): number {
  const wall = zeroMs + (index * schedule.periodSeconds + schedule.offsetSeconds) * 1000;
  return fromWall(wall, zoneOf(schedule));
}

function zoneOf(schedule: Schedule): string | null {
  return schedule.periodSeconds % daySeconds === 0 ? schedule.timeZone : null;
}
