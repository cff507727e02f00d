import { expect, test } from "vitest";
import { dueAtOf } from "../../server/domain/late-run.ts";

const daily = { periodSeconds: 86_400, offsetSeconds: 0, timeZone: null, lateAfterSeconds: null };
const tick = new Date("2026-03-05T00:00:00Z");

/** How a run of the tick is late, as `HH:MM why` from the tick. */
function due(
  schedule: Partial<Parameters<typeof dueAtOf>[0]>,
  seconds: number | null,
  runs: number,
): string {
  const { dueAt, why } = dueAtOf({ ...daily, ...schedule }, tick, { seconds, runs });
  const minutes = Math.round((dueAt.getTime() - tick.getTime()) / 60_000);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} ${why}`;
}

test("a frequency's own figure counts before all others, also beyond the next tick", () => {
  expect(due({ lateAfterSeconds: 5_400 }, 60, 10)).toBe("1:30 set");
  expect(due({ lateAfterSeconds: 100_800 }, 60, 10)).toBe("28:00 set");
});

test("else it is twice as long as usual, ten minutes at least, and the next tick at the latest", () => {
  expect(due({}, 3_600, 3)).toBe("2:00 usual");
  expect(due({}, 30, 10)).toBe("0:10 usual");
  expect(due({}, 50_000, 10)).toBe("24:00 nextTick");
  expect(due({ periodSeconds: 300 }, 30, 10)).toBe("0:05 nextTick");
});

test("where too few runs say what is usual, it is the next tick, on the zone's clock", () => {
  expect(due({}, 3_600, 2)).toBe("24:00 nextTick");
  expect(due({}, null, 0)).toBe("24:00 nextTick");
  const spring = dueAtOf(
    { ...daily, timeZone: "Europe/Berlin" },
    new Date("2026-03-28T23:00:00Z"),
    { seconds: null, runs: 0 },
  );
  expect(spring.dueAt.toISOString()).toBe("2026-03-29T22:00:00.000Z");
});
