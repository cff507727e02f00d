import type { Condition } from "../../shared/condition.ts";
import type { WallTime } from "./wall-clock.ts";

const weekdayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const monthNames = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
];

export type ConditionAnswer = { holds: true } | { holds: false; reason: string };

/**
 * Whether a table takes part in the run of a tick: where any one of its conditions holds at the wall
 * time that the tick stands for (wallTimeOfTick), or where it has none. `timeZone` names the clock in
 * the reason; null is UTC.
 */
export function conditionsHold(
  conditions: readonly Condition[],
  wall: WallTime,
  timeZone: string | null,
): ConditionAnswer {
  if (conditions.length === 0 || conditions.some((condition) => conditionHolds(condition, wall))) {
    return { holds: true };
  }
  const wanted = conditions.map(describe).join("; or ");
  return {
    holds: false,
    reason: `it takes part only in ${wanted}, and this tick is ${clock(wall)} ${timeZone ?? "UTC"}`,
  };
}

function conditionHolds(condition: Condition, wall: WallTime): boolean {
  return dateHolds(condition, wall) && allows(condition.hours, wall.hour);
}

/** Whether it holds at some hour of that day. */
export function dateHolds(condition: Condition, wall: WallTime): boolean {
  return (
    allows(condition.months, wall.month) &&
    allows(condition.weekdays, wall.weekday) &&
    allows(condition.days, wall.day)
  );
}

function allows(allowed: number[], value: number): boolean {
  return allowed.length === 0 || allowed.includes(value);
}

function describe(condition: Condition): string {
  const list = (label: string, values: number[], name: (value: number) => string) =>
    values.length === 0 ? [] : [`${label} ${values.map(name).join(", ")}`];
  return [
    ...list("month", condition.months, (month) => monthNames[month - 1] ?? String(month)),
    ...list("weekday", condition.weekdays, (weekday) => weekdayNames[weekday] ?? String(weekday)),
    ...list("day", condition.days, String),
    ...list("hour", condition.hours, String),
  ].join(" and ");
}

function clock(wall: WallTime): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${wall.year}-${two(wall.month)}-${two(wall.day)}`;
  return `${weekdayNames[wall.weekday]} ${date} ${two(wall.hour)}:${two(wall.minute)}`;
}
