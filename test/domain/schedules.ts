import type { Schedule } from "../../server/domain/frequency.ts";

export const hour = 3_600;
export const day = 86_400;

export function schedule(
  periodSeconds: number,
  offsetSeconds = 0,
  timeZone: string | null = null,
): Schedule {
  return { periodSeconds, offsetSeconds, timeZone };
}

/** Daily at a time of the zone's wall clock. */
export function daily(timeZone: string, time: string): Schedule {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return schedule(day, hours * hour + minutes * 60, timeZone);
}

export interface ClockCase {
  what: string;
  schedule: Schedule;
  after: string;
  /** The first ticks after `after`, one following the other. */
  ticks: string[];
}
