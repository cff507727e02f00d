import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plotDay } from "../../bench/rooms/plot-day.ts";
import { fleet, simulateDay } from "../../bench/rooms/simulated-day.ts";

test("in a simulated day of 10,000 rooms all that was wanted was there, and the document shows that day", async () => {
  const day = simulateDay();
  const counts = day.moments.map(({ available }) => available);
  expect(Math.max(...counts)).toBe(fleet.max);
  expect(Math.min(...counts)).toBe(fleet.min);
  expect(counts.at(-1)).toBeLessThan(1_000);
  expect(day.unmetPerCent).toBeLessThan(0.01);
  const plot = join(import.meta.dirname, "../../docs/images/rooms-day.svg");
  // Made by `node bench/rooms/plot-day-main.ts`.
  expect(await readFile(plot, "utf8")).toBe(plotDay(day));
});
