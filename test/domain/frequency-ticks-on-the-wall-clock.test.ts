import { expect, test } from "vitest";
import { nextTicks, tickAt, ticksBetween, wallTimeOfTick } from "../../server/domain/frequency.ts";
import { casesInUtc } from "./clock-cases-in-utc.ts";
import { casesInZones } from "./clock-cases-in-zones.ts";
import { day, hour, schedule } from "./schedules.ts";

const iso = (instants: Date[]) => instants.map((each) => each.toISOString());

test.each([...casesInUtc, ...casesInZones])("$what", ({ schedule, after, ticks }) => {
  const expected = ticks.map((tick) => new Date(tick));
  expect(iso(nextTicks(schedule, new Date(after), ticks.length))).toEqual(iso(expected));
  for (const [index, tick] of expected.entries()) {
    expect(iso([tickAt(schedule, tick)])).toEqual(iso([tick]));
    const before = expected[index - 1];
    if (before) expect(tickAt(schedule, new Date(tick.getTime() - 1))).toEqual(before);
    expect(nextTicks(schedule, new Date(tick.getTime() - 1), 1)).toEqual([tick]);
  }
});

test("an offset counts modulo the period: one below 0 or above the period makes the same ticks", () => {
  const now = new Date("2026-03-05T10:04:59Z");
  for (const [period, offset] of [
    [hour, 300],
    [7, 3],
    [day, 23 * hour],
    [7 * day, 2 * day],
    [366 * day, 45],
  ] as const) {
    for (const timeZone of [null, "America/New_York"]) {
      const plain = iso(nextTicks(schedule(period, offset, timeZone), now, 3));
      for (const times of [-3, -1, 1, 2]) {
        const shifted = schedule(period, offset + times * period, timeZone);
        expect(iso(nextTicks(shifted, now, 3))).toEqual(plain);
        expect(tickAt(shifted, now)).toEqual(tickAt(schedule(period, offset, timeZone), now));
      }
    }
  }
});

test("ticks follow one another without a gap or a double through a year of every kind of zone", () => {
  const zones = [
    ...["America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Santiago"],
    ...["Africa/Cairo", "America/Nuuk", "Pacific/Apia", "America/Havana", null],
  ];
  for (const timeZone of zones) {
    for (const offsetSeconds of [0, 8_100]) {
      const daily = schedule(day, offsetSeconds, timeZone);
      const ticks = nextTicks(daily, new Date("2011-06-01T12:00:00Z"), 365);
      const wrong = ticks.filter((tick, index) => {
        const next = ticks[index + 1];
        if (!next) return false;
        const justBefore = new Date(next.getTime() - 1);
        return next <= tick || iso([tickAt(daily, justBefore)])[0] !== tick.toISOString();
      });
      expect({ timeZone, offsetSeconds, wrong }).toEqual({ timeZone, offsetSeconds, wrong: [] });
      expect(ticks.filter((tick) => tickAt(daily, tick).getTime() !== tick.getTime())).toEqual([]);
    }
  }
});

test("the ticks between two others are counted, through jumps and a day that is left out", () => {
  const between = (one: ReturnType<typeof schedule>, after: string, before: string) => {
    const found = ticksBetween(one, new Date(after), new Date(before));
    return found && [found.count, ...iso([found.first, found.last])];
  };
  const hourly = schedule(hour);
  expect(between(hourly, "2026-03-05T10:00:00Z", "2026-03-05T11:00:00Z")).toBeNull();
  expect(between(hourly, "2026-03-05T10:00:00Z", "2026-03-05T12:00:00Z")).toEqual([
    1,
    "2026-03-05T11:00:00.000Z",
    "2026-03-05T11:00:00.000Z",
  ]);
  expect(between(schedule(1), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")).toEqual([
    365 * day - 1,
    "2026-01-01T00:00:01.000Z",
    "2026-12-31T23:59:59.000Z",
  ]);
  const newYork = schedule(day, 9_000, "America/New_York");
  expect(between(newYork, "2026-03-07T07:30:00Z", "2026-03-10T06:30:00Z")).toEqual([
    2,
    "2026-03-08T07:30:00.000Z",
    "2026-03-09T06:30:00.000Z",
  ]);
  const apia = schedule(day, 6 * hour, "Pacific/Apia");
  expect(between(apia, "2011-12-29T16:00:00Z", "2012-01-01T16:00:00Z")).toEqual([
    2,
    "2011-12-30T16:00:00.000Z",
    "2011-12-31T16:00:00.000Z",
  ]);
});

test("a tick stands for the wall time that it was meant for", () => {
  const of = (one: ReturnType<typeof schedule>, tick: string) => {
    const wall = wallTimeOfTick(one, new Date(tick));
    return [wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.weekday];
  };
  const newYork = (offset: number) => schedule(day, offset, "America/New_York");
  expect(of(newYork(9_000), "2026-03-08T07:30:00Z")).toEqual([2026, 3, 8, 2, 30, 0]);
  expect(of(newYork(5_400), "2026-11-01T05:30:00Z")).toEqual([2026, 11, 1, 1, 30, 0]);
  const nuuk = schedule(day, 23.5 * hour, "America/Nuuk");
  expect(of(nuuk, "2026-03-29T01:30:00Z")).toEqual([2026, 3, 28, 23, 30, 6]);
  const fridays = schedule(7 * day, 4 * day + 6 * hour, "Pacific/Apia");
  expect(of(fridays, "2011-12-30T16:00:00Z")).toEqual([2011, 12, 30, 6, 0, 5]);
  const daily = schedule(day, 6 * hour, "Pacific/Apia");
  expect(of(daily, "2011-12-30T16:00:00Z")).toEqual([2011, 12, 31, 6, 0, 6]);
});

test("a tick of an hourly frequency stands for the hour that its zone's clock shows", () => {
  const hourly = schedule(hour, 0, "America/New_York");
  const hours = (ticks: string[]) =>
    ticks.map((tick) => wallTimeOfTick(hourly, new Date(tick)).hour);
  const forward = ["2026-03-08T06:00:00Z", "2026-03-08T07:00:00Z"];
  expect(hours(forward)).toEqual([1, 3]);
  const back = ["2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z"];
  expect(hours(back)).toEqual([1, 1, 2]);
});
