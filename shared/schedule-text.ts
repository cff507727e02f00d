import type { MissedTicks } from "./run.ts";

const periods: [seconds: number, word: string][] = [
  [604_800, "week"],
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

/** `every hour`, `every 36 hours`: in the largest unit that divides it. */
export function periodText(seconds: number): string {
  const [size, word] = periods.find(([each]) => seconds % each === 0) ?? [1, "second"];
  const count = seconds / size;
  return count === 1 ? `every ${word}` : `every ${count} ${word}s`;
}

/** `+6 h 30 min`, `−1 d`; empty for no offset. */
export function offsetText(seconds: number): string {
  if (seconds === 0) return "";
  const size = Math.abs(seconds);
  const parts = [
    [Math.floor(size / 86_400), "d"],
    [Math.floor((size % 86_400) / 3_600), "h"],
    [Math.floor((size % 3_600) / 60), "min"],
    [size % 60, "s"],
  ] as const;
  const words = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return `${seconds < 0 ? "−" : "+"}${words.join(" ")}`;
}

/** `every 2 hours, offset +30 min, Europe/Berlin`. */
export function scheduleText(schedule: {
  periodSeconds: number;
  offsetSeconds: number;
  timeZone: string | null;
}): string {
  const offset = offsetText(schedule.offsetSeconds);
  const parts = [periodText(schedule.periodSeconds), offset === "" ? "" : `offset ${offset}`];
  return [...parts, schedule.timeZone ?? "UTC"].filter((part) => part !== "").join(", ");
}

/** `2 ticks, from 2026-03-05 11:00 UTC to 2026-03-05 12:00 UTC, were missed before`. */
export function missedText({ count, first, last }: MissedTicks): string {
  const text = (iso: string) => `${iso.slice(0, 19).replace("T", " ").replace(/:00$/, "")} UTC`;
  if (count === 1) return `1 tick, of ${text(first)}, was missed before`;
  return `${count} ticks, from ${text(first)} to ${text(last)}, were missed before`;
}
