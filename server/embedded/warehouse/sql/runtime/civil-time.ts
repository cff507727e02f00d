/** A moment on the wall clock, from microseconds since 1970 as if it were UTC. */
export interface CivilTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  micros: number;
  /** 0 is Sunday. */
  weekday: number;
  /** From 1. */
  dayOfYear: number;
}

const dayMs = 86_400_000;

export function civilTime(micros: bigint): CivilTime {
  const inSecond = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const date = new Date(Number((micros - inSecond) / 1000n));
  const year = date.getUTCFullYear();
  const newYear = utc(year, 1, 1);
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    micros: Number(inSecond),
    weekday: date.getUTCDay(),
    dayOfYear: Math.floor((date.getTime() - newYear) / dayMs) + 1,
  };
}

/** Milliseconds; years below 100 are themselves. */
export function utc(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

/** ISO 8601's year and week of a day. */
export function isoWeek(t: CivilTime): { year: number; week: number } {
  const weekday = t.weekday === 0 ? 7 : t.weekday;
  const thursday = new Date(utc(t.year, t.month, t.day) + (4 - weekday) * dayMs);
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - utc(year, 1, 1)) / dayMs / 7) + 1 };
}

export const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
export const weekdayNames = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];
