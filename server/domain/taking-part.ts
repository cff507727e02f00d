import type { Condition } from "../../shared/condition.ts";
import { conditionsHold, dateHolds } from "./condition.ts";
import { type Schedule, type Tick, ticksAfter } from "./frequency.ts";
import { fromWall, toWall } from "./wall-clock.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Days, at a tick or more a day: eleven years, enough for a leap day that a century leaves out. */
const maxSteps = 4_000;

export interface TicksTakingPart {
  ticks: Date[];
  /** Where fewer than wanted were found: how far they were looked for. */
  searchedUntil: Date | null;
}

/**
 * The next `count` ticks after `now` in whose runs a table with these conditions takes part. Fewer,
 * or none, where conditions and schedule seldom or never meet.
 */
export function nextTicksTakingPart(
  schedule: Schedule,
  conditions: readonly Condition[],
  now: Date,
  count: number,
): TicksTakingPart {
  const ticks: Date[] = [];
  let coming = ticksAfter(schedule, now);
  let searchedUntil = now;
  for (let step = 0; step < maxSteps && ticks.length < count; step += 1) {
    const tick = coming.next().value;
    searchedUntil = tick.at;
    if (conditionsHold(conditions, tick.wall, schedule.timeZone).holds) {
      ticks.push(tick.at);
      continue;
    }
    const passed = passable(schedule, conditions, tick);
    if (passed > tick.at) coming = ticksAfter(schedule, passed);
  }
  return { ticks, searchedUntil: ticks.length < count ? searchedUntil : null };
}

/** Until when no tick after this one can take part: the end of its hour, or of its day, or itself. */
function passable(schedule: Schedule, conditions: readonly Condition[], { at, wall }: Tick): Date {
  if (schedule.periodSeconds * 1000 >= dayMs) return at;
  const sizeMs = conditions.some((condition) => dateHolds(condition, wall)) ? hourMs : dayMs;
  const wallMs = toWall(at.getTime(), schedule.timeZone);
  const endMs = (Math.floor(wallMs / sizeMs) + 1) * sizeMs;
  return new Date(earliest(endMs, schedule.timeZone) - 1);
}

/** Not after the first instant whose wall time is this or later: one in a gap comes after its end. */
function earliest(wallMs: number, timeZone: string | null): number {
  const instant = fromWall(wallMs, timeZone);
  return instant - (toWall(instant, timeZone) - wallMs);
}
