import { expect, test } from "vitest";
import { nextTicks, type Schedule, tickAt } from "../../server/domain/frequency.ts";

const day = 86_400;
const hour = 3_600;
const schedule = (
  periodSeconds: number,
  offsetSeconds = 0,
  timeZone: string | null = null,
): Schedule => ({ periodSeconds, offsetSeconds, timeZone });

/** All worked out by hand from the zones' rules. `now` and the last tick at or before it. */
const lastTicks: [what: string, Schedule, now: string, tick: string][] = [
  ["hourly, within", schedule(hour), "2026-03-05T10:59:59.999Z", "2026-03-05T10:00:00Z"],
  ["hourly, exactly", schedule(hour), "2026-03-05T11:00:00Z", "2026-03-05T11:00:00Z"],
  ["negative offset, before", schedule(hour, -600), "2026-03-05T10:49:59Z", "2026-03-05T09:50:00Z"],
  ["negative offset, at", schedule(hour, -600), "2026-03-05T10:50:00Z", "2026-03-05T10:50:00Z"],
  [
    "offset beyond the period",
    schedule(hour, 7_500),
    "2026-03-05T10:04:59Z",
    "2026-03-05T09:05:00Z",
  ],
  ["seven seconds since the year 1", schedule(7), "2026-01-01T00:00:00Z", "2025-12-31T23:59:56Z"],
  ["a week begins on Monday", schedule(7 * day), "2026-11-21T12:00:00Z", "2026-11-16T00:00:00Z"],
  [
    "… and not on the epoch's Thursday",
    schedule(7 * day),
    "1970-01-01T00:00:00Z",
    "1969-12-29T00:00:00Z",
  ],
  ["before the epoch", schedule(day), "1969-12-31T23:00:00Z", "1969-12-31T00:00:00Z"],
  ["leap day", schedule(day), "2028-02-29T13:00:00Z", "2028-02-29T00:00:00Z"],
  ["after leap day", schedule(day), "2028-03-01T00:00:00Z", "2028-03-01T00:00:00Z"],
  // New York: forward on 2026-03-08 at 02:00, back on 2026-11-01 at 02:00.
  [
    "NY 02:30, the day before",
    schedule(day, 9_000, "America/New_York"),
    "2026-03-07T08:00:00Z",
    "2026-03-07T07:30:00Z",
  ],
  [
    "NY 02:30 does not exist: 03:30",
    schedule(day, 9_000, "America/New_York"),
    "2026-03-08T07:30:00Z",
    "2026-03-08T07:30:00Z",
  ],
  [
    "NY a second before it",
    schedule(day, 9_000, "America/New_York"),
    "2026-03-08T07:29:59Z",
    "2026-03-07T07:30:00Z",
  ],
  [
    "NY 02:30, the day after",
    schedule(day, 9_000, "America/New_York"),
    "2026-03-09T06:30:00Z",
    "2026-03-09T06:30:00Z",
  ],
  [
    "NY 01:30 exists twice: the first",
    schedule(day, 5_400, "America/New_York"),
    "2026-11-01T05:30:00Z",
    "2026-11-01T05:30:00Z",
  ],
  [
    "NY not again at the second",
    schedule(day, 5_400, "America/New_York"),
    "2026-11-01T06:30:00Z",
    "2026-11-01T05:30:00Z",
  ],
  [
    "NY 01:30, the day after",
    schedule(day, 5_400, "America/New_York"),
    "2026-11-02T06:29:59Z",
    "2026-11-01T05:30:00Z",
  ],
  // London: forward on 2026-03-29 at 01:00, back on 2026-10-25 at 02:00.
  [
    "London 01:30 does not exist",
    schedule(day, 5_400, "Europe/London"),
    "2026-03-29T12:00:00Z",
    "2026-03-29T01:30:00Z",
  ],
  [
    "London 01:30, the day after",
    schedule(day, 5_400, "Europe/London"),
    "2026-03-30T00:30:00Z",
    "2026-03-30T00:30:00Z",
  ],
  [
    "London 01:30 exists twice",
    schedule(day, 5_400, "Europe/London"),
    "2026-10-25T12:00:00Z",
    "2026-10-25T00:30:00Z",
  ],
  [
    "London 01:30, winter",
    schedule(day, 5_400, "Europe/London"),
    "2026-10-26T01:30:00Z",
    "2026-10-26T01:30:00Z",
  ],
  // Lord Howe moves by half an hour: back on 2026-04-05 at 02:00, forward on 2026-10-04 at 02:00.
  [
    "Lord Howe 01:45 exists twice",
    schedule(day, 6_300, "Australia/Lord_Howe"),
    "2026-04-04T20:00:00Z",
    "2026-04-04T14:45:00Z",
  ],
  [
    "Lord Howe 01:45, the day after",
    schedule(day, 6_300, "Australia/Lord_Howe"),
    "2026-04-05T15:15:00Z",
    "2026-04-05T15:15:00Z",
  ],
  [
    "Lord Howe 02:15 does not exist",
    schedule(day, 8_100, "Australia/Lord_Howe"),
    "2026-10-03T20:00:00Z",
    "2026-10-03T15:45:00Z",
  ],
  [
    "Lord Howe 02:15, the day after",
    schedule(day, 8_100, "Australia/Lord_Howe"),
    "2026-10-04T15:15:00Z",
    "2026-10-04T15:15:00Z",
  ],
  // Weeks of a zone: Monday 06:00 in Berlin, whose clocks went forward on Sunday 2026-03-29.
  [
    "Berlin's Monday, winter",
    schedule(7 * day, 6 * hour, "Europe/Berlin"),
    "2026-03-29T23:00:00Z",
    "2026-03-23T05:00:00Z",
  ],
  [
    "Berlin's Monday, summer",
    schedule(7 * day, 6 * hour, "Europe/Berlin"),
    "2026-03-30T04:00:00Z",
    "2026-03-30T04:00:00Z",
  ],
  [
    "a negative offset on the wall",
    schedule(day, -hour, "Europe/Berlin"),
    "2026-07-01T21:00:00Z",
    "2026-07-01T21:00:00Z",
  ],
  [
    "shorter periods are lengths of time",
    schedule(6 * hour, 0, "America/New_York"),
    "2026-03-08T13:00:00Z",
    "2026-03-08T12:00:00Z",
  ],
];

test.each(lastTicks)("%s", (_, frequency, now, tick) => {
  expect(tickAt(frequency, new Date(now)).toISOString()).toBe(new Date(tick).toISOString());
});

test("the next ticks follow the last one without a gap or a double, through both changes", () => {
  for (const timeZone of ["America/New_York", "Europe/London", "Australia/Lord_Howe", null]) {
    for (const offsetSeconds of [-1_800, 0, 5_400, 6_300, 8_100, 9_000]) {
      const frequency = schedule(day, offsetSeconds, timeZone);
      const ticks = nextTicks(frequency, new Date("2025-12-31T12:00:00Z"), 366);
      for (const [index, tick] of ticks.entries()) {
        expect(tickAt(frequency, tick)).toEqual(tick);
        const justBefore = tickAt(frequency, new Date(tick.getTime() - 1));
        if (index > 0) expect(justBefore).toEqual(ticks[index - 1]);
        expect(nextTicks(frequency, tick, 1)[0]).toEqual(ticks[index + 1] ?? expect.anything());
      }
    }
  }
});

test("the hours between ticks in a zone are 23, 24 or 25", () => {
  const ticks = nextTicks(
    schedule(day, 0, "America/New_York"),
    new Date("2026-03-06T12:00:00Z"),
    4,
  );
  expect(ticks.map((tick) => tick.toISOString())).toEqual([
    "2026-03-07T05:00:00.000Z",
    "2026-03-08T05:00:00.000Z",
    "2026-03-09T04:00:00.000Z",
    "2026-03-10T04:00:00.000Z",
  ]);
});
