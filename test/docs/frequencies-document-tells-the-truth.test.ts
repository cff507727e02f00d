import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nextTicks, type Schedule, tickAt } from "../../server/domain/frequency.ts";
import { nextTicksTakingPart } from "../../server/domain/taking-part.ts";
import { toWall } from "../../server/domain/wall-clock.ts";
import { type Condition, conditionSchema } from "../../shared/condition.ts";
import { frequencyInputSchema } from "../../shared/frequency.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/frequencies.md"), "utf8");

/** The rows of the table that has this column, by column. */
function rowsOf(column: string): Record<string, string>[] {
  const tables = document.split("\n\n").filter((block) => block.startsWith("|"));
  const table = tables.find((block) => block.includes(`| ${column} |`)) ?? "";
  const cells = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const [header = "", , ...lines] = table.split("\n");
  const names = cells(header);
  return lines.map((line) =>
    Object.fromEntries(cells(line).map((cell, index) => [names[index] ?? "", cell])),
  );
}

const unitSeconds: Record<string, number> = {
  ...{ min: 60, minutes: 60, h: 3_600, hour: 3_600, hours: 3_600 },
  ...{ d: 86_400, day: 86_400, week: 604_800 },
};

/** `36 hours`, `+2 h 30 min`, `−10 min`, `none`. */
function secondsOf(text = ""): number {
  const parts = [...text.matchAll(/(\d+) (\w+)/g)].map(
    ([, count, unit]) => Number(count) * (unitSeconds[unit ?? ""] ?? Number.NaN),
  );
  return parts.reduce((sum, part) => sum + part, 0) * (text.startsWith("−") ? -1 : 1);
}

const instant = (text = "") => new Date(`${text.replace(" ", "T")}:00Z`);
const text = (date: Date) => date.toISOString().slice(0, 16).replace("T", " ");

/** As it would be saved: what the schema refuses is no example. */
function scheduleOf(row: Record<string, string>): Schedule {
  const { periodSeconds, offsetSeconds, timeZone } = frequencyInputSchema.parse({
    name: "example",
    periodSeconds: secondsOf(row["Every"] ?? row["Parent: every"]),
    offsetSeconds: secondsOf(row["Offset"]),
    timeZone: row["Time zone"] === "UTC" ? null : row["Time zone"],
  });
  return { periodSeconds, offsetSeconds, timeZone };
}

/** `months 2 and days 29`. */
function conditionOf(words = ""): Condition {
  const parts = words.split(" and ").map((part) => {
    const [name = "", ...values] = part.split(/,? /);
    return [name, values.map(Number)];
  });
  return conditionSchema.strict().parse(Object.fromEntries(parts));
}

test("each schedule of the document ticks when it says, on the wall clock that it says", () => {
  const rows = rowsOf("Wall clock there");
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const schedule = scheduleOf(row);
    const ticks = nextTicks(schedule, instant(row["After (UTC)"]), 2);
    const walls = ticks.map((tick) => new Date(toWall(tick.getTime(), schedule.timeZone)));
    expect({
      ...row,
      "Next ticks (UTC)": ticks.map(text).join(", "),
      "Wall clock there": walls.map((wall) => text(wall).slice(11)).join(", "),
    }).toEqual(row);
  }
});

test("each condition of the document lets a table take part when it says", () => {
  const rows = rowsOf("Takes part next at (UTC)");
  expect(rows.length).toBeGreaterThan(4);
  for (const row of rows) {
    const conditions = [conditionOf(row["Condition"])];
    const { ticks } = nextTicksTakingPart(
      scheduleOf(row),
      conditions,
      instant(row["After (UTC)"]),
      2,
    );
    expect({ ...row, "Takes part next at (UTC)": ticks.map(text).join(", ") }).toEqual(row);
  }
});

test("each tick of a parent that the document waits for is the last at or before the table's", () => {
  const rows = rowsOf("Waits for its tick of (UTC)");
  expect(rows.length).toBeGreaterThan(3);
  for (const row of rows) {
    const tick = tickAt(scheduleOf(row), instant(row["Table's tick (UTC)"]));
    expect({ ...row, "Waits for its tick of (UTC)": text(tick) }).toEqual(row);
  }
});
