/*
 * Wall clocks of IANA zones, by Intl alone. A wall instant is written as the UTC milliseconds that
 * would show the same date and time.
 */

export interface WallTime {
  year: number;
  /** 1 to 12. */
  month: number;
  /** 1 to 31. */
  day: number;
  hour: number;
  minute: number;
  /** 0 is Sunday. */
  weekday: number;
}

const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

export function wallTime(at: Date, timeZone: string | null): WallTime {
  return wallTimeOf(toWall(at.getTime(), timeZone));
}

export function wallTimeOf(wallMs: number): WallTime {
  const wall = new Date(wallMs);
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    weekday: wall.getUTCDay(),
  };
}

export function toWall(instantMs: number, timeZone: string | null): number {
  return timeZone === null ? instantMs : instantMs + offsetMs(instantMs, timeZone);
}

/**
 * The instant of a wall time. One that exists twice (clocks set back) is the first of the two. One
 * that does not exist (clocks set forward) is as much later as the clocks jump: 02:30 becomes 03:30.
 * These are the rules of RFC 5545 and of Temporal's "compatible".
 */
export function fromWall(wallMs: number, timeZone: string | null): number {
  if (timeZone === null) return wallMs;
  const before = wallMs - offsetMs(wallMs - dayMs, timeZone);
  const after = wallMs - offsetMs(wallMs + dayMs, timeZone);
  const exists = (instantMs: number) => toWall(instantMs, timeZone) === wallMs;
  if (exists(before)) return exists(after) ? Math.min(before, after) : before;
  return exists(after) ? after : before;
}

function offsetMs(instantMs: number, timeZone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(instantMs)) {
    parts[type] = Number(value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const shown = new Date(0);
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  shown.setUTCFullYear(year, month - 1, day);
  shown.setUTCHours(hour, minute, second);
  return shown.getTime() - Math.floor(instantMs / 1000) * 1000;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      calendar: "gregory",
      numberingSystem: "latn",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(timeZone, format);
  }
  return format;
}
