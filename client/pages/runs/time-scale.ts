const steps = [0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400];

/** Marks at round distances from the start, six or fewer, as offsets in ms. */
export function marksOf(spanMs: number): number[] {
  const step = (steps.find((seconds) => spanMs / 1000 / seconds <= 6) ?? 86_400) * 1000;
  const marks: number[] = [];
  for (let at = 0; at < spanMs; at += step) marks.push(at);
  return marks;
}

/** `+5 s`, `+2 min`. */
export function formatOffset(ms: number): string {
  if (ms === 0) return "start";
  const seconds = ms / 1000;
  if (seconds < 60) return `+${seconds} s`;
  if (seconds < 3600) return `+${Math.round((seconds / 60) * 10) / 10} min`;
  return `+${Math.round((seconds / 3600) * 10) / 10} h`;
}
