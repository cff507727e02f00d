import { expect, test } from "vitest";
import { conditionsHold } from "../../server/domain/condition.ts";
import { wallTimeOfTick } from "../../server/domain/frequency.ts";
import { nextTicksTakingPart } from "../../server/domain/taking-part.ts";
import { type Condition, conditionSchema } from "../../shared/condition.ts";
import { day, hour, schedule } from "./schedules.ts";

const condition = (input: Partial<Condition>) => conditionSchema.parse(input);
const hold = (conditions: Condition[], tick: string, one = schedule(1_800)) =>
  conditionsHold(conditions, wallTimeOfTick(one, new Date(tick)), one.timeZone);
const at = "2026-03-08T04:30:00Z";

test("no condition, or an empty one, always holds", () => {
  expect(hold([], at)).toEqual({ holds: true });
  expect(hold([condition({})], at)).toEqual({ holds: true });
});

test.each([
  ["its hour", condition({ hours: [4] }), null, true],
  ["another hour", condition({ hours: [5] }), null, false],
  ["Sunday in UTC", condition({ weekdays: [0] }), null, true],
  ["still Saturday in New York", condition({ weekdays: [6] }), "America/New_York", true],
  ["… at 23 h", condition({ hours: [23], days: [7], months: [3] }), "America/New_York", true],
  ["already afternoon in Lord Howe", condition({ hours: [15] }), "Australia/Lord_Howe", true],
  ["all lists have to hold", condition({ hours: [4], days: [9] }), null, false],
])("%s", (_, one, timeZone, holds) => {
  expect(hold([one], at, schedule(1_800, 0, timeZone)).holds).toBe(holds);
});

test("any one of several is enough", () => {
  expect(hold([condition({ days: [1] }), condition({ weekdays: [0] })], at).holds).toBe(true);
});

test("the reason names what is wanted and what the tick is", () => {
  const several = [condition({ months: [1, 2], hours: [6] }), condition({ weekdays: [1] })];
  expect(hold(several, at, schedule(1_800, 0, "Europe/Berlin"))).toEqual({
    holds: false,
    reason:
      "it takes part only in month Jan, Feb and hour 6; or weekday Mon, and this tick is Sun 2026-03-08 05:30 Europe/Berlin",
  });
});

test("a daily tick that a change of the clocks moves is held to the time that it was meant for", () => {
  const twoThirty = schedule(day, 9_000, "America/New_York");
  expect(hold([condition({ hours: [2] })], "2026-03-08T07:30:00Z", twoThirty).holds).toBe(true);
  const saturdays = schedule(day, 23.5 * hour, "America/Nuuk");
  expect(hold([condition({ weekdays: [6] })], "2026-03-29T01:30:00Z", saturdays).holds).toBe(true);
});

test("what can never hold is refused, with what to choose", () => {
  const issues = (input: unknown) =>
    conditionSchema.safeParse(input).error?.issues.map((each) => [each.path[0], each.message]);
  expect(issues({ months: [2, 4], days: [31] })).toEqual([
    ["days", "no day 31 in months 2, 4, so it would never hold: choose other days or months"],
  ]);
  expect(issues({ months: [2], days: [29] })).toBeUndefined();
  expect(issues({ months: [2, 3], days: [30, 31] })).toBeUndefined();
  expect(issues({ hours: [24] })).toEqual([
    ["hours", "hours are whole numbers from 0 to 23; 24 is none"],
  ]);
  expect(issues({ weekdays: [1.5] })).toEqual([
    ["weekdays", "weekdays are whole numbers from 0 to 6, from Sunday; 1.5 is none"],
  ]);
});

const now = new Date("2026-03-05T10:20:00Z");

test.each([
  ["no conditions: the next ticks", schedule(hour), {}, "2026-03-05T11:00Z", "2026-03-05T12:00Z"],
  ["its hour", schedule(hour), { hours: [6] }, "2026-03-06T06:00Z", "2026-03-07T06:00Z"],
  [
    "every second of an hour",
    schedule(1),
    { hours: [6] },
    "2026-03-06T06:00Z",
    "2026-03-06T06:00:01Z",
  ],
  ["the last of a month", schedule(day), { days: [31] }, "2026-03-31T00:00Z", "2026-05-31T00:00Z"],
  [
    // 740,405 days from the zero are 6 seconds more than a multiple of 7.
    "leap days, every 7 seconds",
    schedule(7),
    { months: [2], days: [29] },
    "2028-02-29T00:00:01Z",
    "2028-02-29T00:00:08Z",
  ],
  [
    "on the zone's wall clock, where midnight does not exist",
    schedule(1_800, 0, "America/Santiago"),
    { days: [6], months: [9] },
    "2026-09-06T04:00Z",
    "2026-09-06T04:30Z",
  ],
  [
    "an hour that exists twice, both times",
    schedule(hour, 0, "America/New_York"),
    { hours: [1], months: [11], days: [1] },
    "2026-11-01T05:00Z",
    "2026-11-01T06:00Z",
  ],
])("the next ticks in which it takes part: %s", (_, one, input, first, second) => {
  const found = nextTicksTakingPart(one, [condition(input)], now, 2);
  expect(found.ticks).toEqual([new Date(first), new Date(second)]);
});

test("the leap day that a century leaves out is looked past", () => {
  const leapDays = [condition({ months: [2], days: [29] })];
  const found = nextTicksTakingPart(schedule(hour), leapDays, new Date("2096-03-01T00:00Z"), 1);
  expect(found.ticks).toEqual([new Date("2104-02-29T00:00Z")]);
});

test("where it never takes part, that is said, with how far was looked", () => {
  const never = nextTicksTakingPart(schedule(day, 6 * hour), [condition({ hours: [5] })], now, 3);
  expect(never.ticks).toEqual([]);
  expect(never.searchedUntil?.getUTCFullYear()).toBe(2037);
  const odd = nextTicksTakingPart(schedule(2 * hour), [condition({ hours: [5] })], now, 3);
  expect(odd.ticks).toEqual([]);
});
