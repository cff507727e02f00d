import { expect, test } from "vitest";
import { conditionsHold } from "../../server/domain/condition.ts";
import { type Condition, conditionSchema } from "../../shared/condition.ts";

const condition = (input: Partial<Condition>) => conditionSchema.parse(input);
const at = new Date("2026-03-08T04:30:00Z");

test("no condition, or an empty one, always holds", () => {
  expect(conditionsHold([], at, null)).toEqual({ holds: true });
  expect(conditionsHold([condition({})], at, null)).toEqual({ holds: true });
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
  expect(conditionsHold([one], at, timeZone).holds).toBe(holds);
});

test("any one of several is enough", () => {
  const several = [condition({ days: [1] }), condition({ weekdays: [0] })];
  expect(conditionsHold(several, at, null).holds).toBe(true);
});

test("the reason names what is wanted and what the tick is", () => {
  const several = [condition({ months: [1, 2], hours: [6] }), condition({ weekdays: [1] })];
  expect(conditionsHold(several, at, "Europe/Berlin")).toEqual({
    holds: false,
    reason:
      "it takes part only in month Jan, Feb and hour 6; or weekday Mon, and this tick is Sun 2026-03-08 05:30 Europe/Berlin",
  });
});
