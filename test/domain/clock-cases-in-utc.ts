import { type ClockCase, day, hour, schedule } from "./schedules.ts";

/** Expected instants worked out by hand; none is computed by the code. */
export const casesInUtc: ClockCase[] = [
  {
    what: "hourly, at the full hour",
    schedule: schedule(hour),
    after: "2026-03-05T10:59:59.999Z",
    ticks: ["2026-03-05T11:00:00Z", "2026-03-05T12:00:00Z"],
  },
  {
    what: "hourly with a negative offset: ten minutes before the hour",
    schedule: schedule(hour, -600),
    after: "2026-03-05T10:50:00Z",
    ticks: ["2026-03-05T11:50:00Z", "2026-03-05T12:50:00Z"],
  },
  {
    what: "hourly with an offset of two hours and five minutes: five past",
    schedule: schedule(hour, 7_500),
    after: "2026-03-05T10:04:59Z",
    ticks: ["2026-03-05T10:05:00Z", "2026-03-05T11:05:00Z"],
  },
  {
    // 63,902,822,400 s from the zero to 2026, which is 4 more than a multiple of 7.
    what: "every 7 seconds, counted from the year 1",
    schedule: schedule(7),
    after: "2025-12-31T23:59:50Z",
    ticks: ["2025-12-31T23:59:56Z", "2026-01-01T00:00:03Z", "2026-01-01T00:00:10Z"],
  },
  {
    // 739,935 days from the zero to 2026-11-16: a multiple of one and a half.
    what: "every 36 hours",
    schedule: schedule(36 * hour),
    after: "2026-11-15T23:59:59Z",
    ticks: ["2026-11-16T00:00:00Z", "2026-11-17T12:00:00Z", "2026-11-19T00:00:00Z"],
  },
  {
    what: "weekly: on Monday, and not on the epoch's Thursday",
    schedule: schedule(7 * day),
    after: "1969-12-28T12:00:00Z",
    ticks: ["1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z"],
  },
  {
    what: "weekly, Wednesday 09:00",
    schedule: schedule(7 * day, 2 * day + 9 * hour),
    after: "2026-11-16T00:00:00Z",
    ticks: ["2026-11-18T09:00:00Z", "2026-11-25T09:00:00Z"],
  },
  {
    what: "weekly with an offset of 366 days, which is two over a number of weeks",
    schedule: schedule(7 * day, 366 * day),
    after: "2026-11-16T00:00:00Z",
    ticks: ["2026-11-18T00:00:00Z", "2026-11-25T00:00:00Z"],
  },
  {
    // 1970-01-05 is 102,738 weeks from the zero; 2026-11-09 another 2,966.
    what: "every two weeks: the even Mondays since the year 1",
    schedule: schedule(14 * day),
    after: "2026-11-08T00:00:00Z",
    ticks: ["2026-11-09T00:00:00Z", "2026-11-23T00:00:00Z", "2026-12-07T00:00:00Z"],
  },
  {
    // 739,320 days, to 2025-03-11, are 2,020 times 366.
    what: "every 366 days",
    schedule: schedule(366 * day),
    after: "2025-03-10T12:00:00Z",
    ticks: ["2025-03-11T00:00:00Z", "2026-03-12T00:00:00Z", "2027-03-13T00:00:00Z"],
  },
  {
    what: "daily through a leap day",
    schedule: schedule(day, 13 * hour),
    after: "2028-02-28T00:00:00Z",
    ticks: ["2028-02-28T13:00:00Z", "2028-02-29T13:00:00Z", "2028-03-01T13:00:00Z"],
  },
  {
    what: "daily through a February without one",
    schedule: schedule(day),
    after: "2100-02-27T12:00:00Z",
    ticks: ["2100-02-28T00:00:00Z", "2100-03-01T00:00:00Z"],
  },
  {
    what: "the last second of the year",
    schedule: schedule(day, -1),
    after: "2026-12-31T00:00:00Z",
    ticks: ["2026-12-31T23:59:59Z", "2027-01-01T23:59:59Z"],
  },
  {
    what: "before the epoch",
    schedule: schedule(6 * hour),
    after: "1969-12-31T13:00:00Z",
    ticks: ["1969-12-31T18:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T06:00:00Z"],
  },
  {
    // 31,622,400 s are 5 more than a multiple of 7: two seconds after the ticks without an offset.
    what: "every 7 seconds with an offset of 366 days before",
    schedule: schedule(7, -366 * day),
    after: "2025-12-31T23:59:53Z",
    ticks: ["2025-12-31T23:59:58Z", "2026-01-01T00:00:05Z", "2026-01-01T00:00:12Z"],
  },
  {
    what: "hourly with an offset of 366 days: the full hour",
    schedule: schedule(hour, 366 * day),
    after: "2026-03-05T10:30:00Z",
    ticks: ["2026-03-05T11:00:00Z", "2026-03-05T12:00:00Z"],
  },
  {
    what: "every 366 days with an offset of a whole period before: as without one",
    schedule: schedule(366 * day, -366 * day),
    after: "2025-03-10T12:00:00Z",
    ticks: ["2025-03-11T00:00:00Z", "2026-03-12T00:00:00Z"],
  },
  {
    what: "the last second of a leap day",
    schedule: schedule(day, -1),
    after: "2028-02-28T12:00:00Z",
    ticks: ["2028-02-28T23:59:59Z", "2028-02-29T23:59:59Z", "2028-03-01T23:59:59Z"],
  },
];
