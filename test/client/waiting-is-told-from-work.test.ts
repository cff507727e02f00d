import { expect, test } from "vitest";
import { phasesOf } from "../../client/pages/runs/phases.ts";

const at = (second: number) => new Date(second * 1000).toISOString();
const row = {
  kind: "summary" as const,
  parentIds: [1],
  readyAt: at(20),
  startedAt: at(30),
  workedAt: at(31),
  endedAt: at(50),
};
const told = (more: Partial<Parameters<typeof phasesOf>[0]>, begin = 10, now = 60) =>
  phasesOf({ ...row, ...more }, begin * 1000, now * 1000).map(
    ({ kind, from, to }) => `${kind} ${from / 1000}-${to / 1000}`,
  );

test("a summary waits for parents, then for its turn, then works", () => {
  expect(told({})).toEqual(["parents 10-20", "turn 20-30", "work 30-50"]);
  expect(told({ parentIds: [] })).toEqual(["turn 20-30", "work 30-50"]);
  expect(told({ endedAt: null })).toContain("work 30-60");
});

test("an import waits for a room, and an upload for its files, before they work", () => {
  expect(told({ kind: "import", workedAt: at(45) }).slice(2)).toEqual([
    "outside 30-45",
    "work 45-50",
  ]);
  expect(told({ kind: "external", workedAt: null, endedAt: null }).at(-1)).toBe("outside 30-60");
});

test("what never started waited until its end, and one that was kept out did not wait", () => {
  const never = { readyAt: null, startedAt: null, workedAt: null };
  expect(told({ ...never })).toEqual(["parents 10-50"]);
  expect(told({ ...never, endedAt: at(5), parentIds: [] })).toEqual([]);
  expect(told({ ...never, readyAt: at(20), endedAt: null })).toEqual([
    "parents 10-20",
    "turn 20-60",
  ]);
});
