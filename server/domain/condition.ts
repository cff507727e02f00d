import type { Condition } from "../../shared/condition.ts";
import { type WallTime, wallTime } from "./wall-clock.ts";

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
 * Whether a table takes part in a run of the instant `at`: where any one of its conditions holds on
 * the wall clock of `timeZone` (null: UTC), or where it has none.
 */
export function conditionsHold(
  conditions: readonly Condition[],
  at: Date,
  timeZone: string | null,
): ConditionAnswer {
  const wall = wallTime(at, timeZone);
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
  const allows = (allowed: number[], value: number) =>
    allowed.length === 0 || allowed.includes(value);
  return (
    allows(condition.months, wall.month) &&
    allows(condition.weekdays, wall.weekday) &&
    allows(condition.days, wall.day) &&
    allows(condition.hours, wall.hour)
  );
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
