import type { Writable } from "node:stream";

export function writeJson(stdout: Writable, value: unknown): void {
  stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Columns as wide as they need; numbers belong to the right by being given as such. */
export function writeTable(
  stdout: Writable,
  header: string[],
  rows: (string | number | null)[][],
): void {
  const cells = rows.map((row) => row.map((cell) => (cell === null ? "–" : String(cell))));
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const isNumber = header.map((_, column) => rows.some((row) => typeof row[column] === "number"));
  const line = (row: string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumber[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  stdout.write(`${[header, ...cells].map(line).join("\n")}\n`);
}

/** `2026-03-01 06:00:00`, UTC. */
export function instantText(instant: string | null): string {
  return instant === null ? "–" : instant.slice(0, 19).replace("T", " ");
}

/** Between two instants, or until now. */
export function durationText(from: string | null, to: string | null, now: Date): string {
  if (from === null) return "–";
  const end = to === null ? now.getTime() : Date.parse(to);
  const seconds = Math.max(0, end - Date.parse(from)) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `[#####-----]  50 %` of a part from 0 to 1. */
export function progressBar(part: number): string {
  const width = 20;
  const within = Math.min(1, Math.max(0, part));
  const filled = Math.round(within * width);
  const percent = String(Math.floor(within * 100)).padStart(3);
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${percent} %`;
}
