import { type ClockCase, daily, day, hour, schedule } from "./schedules.ts";

/** Clocks go forward on 2026-03-08 at 02:00 to 03:00, and back on 2026-11-01 at 02:00 to 01:00. */
const inNewYork: ClockCase[] = [
  {
    what: "New York 02:30, which does not exist on the day of the change: 03:30",
    schedule: daily("America/New_York", "02:30"),
    after: "2026-03-07T00:00:00Z",
    ticks: ["2026-03-07T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"],
  },
  {
    what: "New York 02:00, the first instant that does not exist: 03:00",
    schedule: daily("America/New_York", "02:00"),
    after: "2026-03-07T00:00:00Z",
    ticks: ["2026-03-07T07:00:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z"],
  },
  {
    what: "New York 03:00, the first instant after the jump",
    schedule: daily("America/New_York", "03:00"),
    after: "2026-03-07T00:00:00Z",
    ticks: ["2026-03-07T08:00:00Z", "2026-03-08T07:00:00Z", "2026-03-09T07:00:00Z"],
  },
  {
    what: "New York 01:30, which exists twice: the first",
    schedule: daily("America/New_York", "01:30"),
    after: "2026-10-31T00:00:00Z",
    ticks: ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
  },
  {
    what: "New York 02:00, which exists once when clocks go back",
    schedule: daily("America/New_York", "02:00"),
    after: "2026-10-31T00:00:00Z",
    ticks: ["2026-10-31T06:00:00Z", "2026-11-01T07:00:00Z", "2026-11-02T07:00:00Z"],
  },
  {
    what: "New York in 1969",
    schedule: daily("America/New_York", "01:30"),
    after: "1969-10-25T00:00:00Z",
    ticks: ["1969-10-25T05:30:00Z", "1969-10-26T05:30:00Z", "1969-10-27T06:30:00Z"],
  },
  {
    what: "every six hours in New York: lengths of time, as in UTC",
    schedule: schedule(6 * hour, 0, "America/New_York"),
    after: "2026-03-08T01:00:00Z",
    ticks: ["2026-03-08T06:00:00Z", "2026-03-08T12:00:00Z", "2026-03-08T18:00:00Z"],
  },
  {
    // 739,681.5 days from the zero to the noon of 2026-03-07: a multiple of one and a half.
    what: "every 36 hours in New York: as in UTC too",
    schedule: schedule(36 * hour, 0, "America/New_York"),
    after: "2026-03-07T00:00:00Z",
    ticks: ["2026-03-07T12:00:00Z", "2026-03-09T00:00:00Z", "2026-03-10T12:00:00Z"],
  },
  {
    what: "New York, Sundays at 02:30, which does not exist on that of the change: 03:30",
    schedule: schedule(7 * day, 6 * day + 2.5 * hour, "America/New_York"),
    after: "2026-02-28T00:00:00Z",
    ticks: ["2026-03-01T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-15T06:30:00Z"],
  },
  {
    what: "New York, Sundays at 01:30, which exists twice on that of the change: the first",
    schedule: schedule(7 * day, 6 * day + 1.5 * hour, "America/New_York"),
    after: "2026-10-24T00:00:00Z",
    ticks: ["2026-10-25T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-08T06:30:00Z"],
  },
  {
    what: "New York, 21 h 30 min before midnight, which is 02:30",
    schedule: schedule(day, -21.5 * hour, "America/New_York"),
    after: "2026-03-07T12:00:00Z",
    ticks: ["2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"],
  },
  {
    // 2026-03-08 is 739,682 days from the zero: an even one.
    what: "New York, every other day at 02:30",
    schedule: schedule(2 * day, 2.5 * hour, "America/New_York"),
    after: "2026-03-07T00:00:00Z",
    ticks: ["2026-03-08T07:30:00Z", "2026-03-10T06:30:00Z", "2026-03-12T06:30:00Z"],
  },
  {
    what: "New York 19:30 on a leap day, which is the next day in UTC",
    schedule: daily("America/New_York", "19:30"),
    after: "2028-02-28T12:00:00Z",
    ticks: ["2028-02-29T00:30:00Z", "2028-03-01T00:30:00Z", "2028-03-02T00:30:00Z"],
  },
];

/** Forward on 2026-03-29 at 01:00 UTC, back on 2026-10-25 at 01:00 UTC. */
const inEurope: ClockCase[] = [
  {
    what: "London 01:30, which does not exist on the day of the change: 02:30",
    schedule: daily("Europe/London", "01:30"),
    after: "2026-03-28T00:00:00Z",
    ticks: ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"],
  },
  {
    what: "London 01:30, which exists twice: the first",
    schedule: daily("Europe/London", "01:30"),
    after: "2026-10-24T00:00:00Z",
    ticks: ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
  },
  {
    what: "Berlin, Mondays at 06:00, on both sides of the change",
    schedule: schedule(7 * day, 6 * hour, "Europe/Berlin"),
    after: "2026-03-20T00:00:00Z",
    ticks: ["2026-03-23T05:00:00Z", "2026-03-30T04:00:00Z"],
  },
  {
    what: "Berlin, an hour before midnight",
    schedule: schedule(day, -hour, "Europe/Berlin"),
    after: "2026-07-01T00:00:00Z",
    ticks: ["2026-07-01T21:00:00Z", "2026-07-02T21:00:00Z"],
  },
  {
    // There 23:00 of the day before is 01:00 UTC.
    what: "Nuuk 23:30, which does not exist on that Saturday: 00:30 of Sunday, and 23:30 again that day",
    schedule: daily("America/Nuuk", "23:30"),
    after: "2026-03-28T00:00:00Z",
    ticks: ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"],
  },
  {
    what: "London, Sundays at 01:00, the first instant that does not exist: 02:00",
    schedule: schedule(7 * day, 6 * day + hour, "Europe/London"),
    after: "2026-03-16T00:00:00Z",
    ticks: ["2026-03-22T01:00:00Z", "2026-03-29T01:00:00Z", "2026-04-05T00:00:00Z"],
  },
  {
    what: "London 02:00, which exists once when clocks go back",
    schedule: daily("Europe/London", "02:00"),
    after: "2026-10-24T00:00:00Z",
    ticks: ["2026-10-24T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-26T02:00:00Z"],
  },
];

/** Half an hour: back on 2026-04-05 at 02:00 to 01:30, forward on 2026-10-04 at 02:00 to 02:30. */
const inLordHowe: ClockCase[] = [
  {
    what: "Lord Howe 01:45, which exists twice: the first",
    schedule: daily("Australia/Lord_Howe", "01:45"),
    after: "2026-04-03T00:00:00Z",
    ticks: ["2026-04-03T14:45:00Z", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
  },
  {
    what: "Lord Howe 02:15, which does not exist: 02:45",
    schedule: daily("Australia/Lord_Howe", "02:15"),
    after: "2026-10-02T00:00:00Z",
    ticks: ["2026-10-02T15:45:00Z", "2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z"],
  },
  {
    what: "Lord Howe 01:30, the first instant that exists twice: the first",
    schedule: daily("Australia/Lord_Howe", "01:30"),
    after: "2026-04-03T00:00:00Z",
    ticks: ["2026-04-03T14:30:00Z", "2026-04-04T14:30:00Z", "2026-04-05T15:00:00Z"],
  },
  {
    what: "Lord Howe 02:00, which exists once when clocks go back",
    schedule: daily("Australia/Lord_Howe", "02:00"),
    after: "2026-04-03T00:00:00Z",
    ticks: ["2026-04-03T15:00:00Z", "2026-04-04T15:30:00Z", "2026-04-05T15:30:00Z"],
  },
  {
    what: "Lord Howe 02:00, the first instant that does not exist: 02:30",
    schedule: daily("Australia/Lord_Howe", "02:00"),
    after: "2026-10-02T00:00:00Z",
    ticks: ["2026-10-02T15:30:00Z", "2026-10-03T15:30:00Z", "2026-10-04T15:00:00Z"],
  },
];

/** Santiago: 2026-04-05 00:00 to 23:00, 2026-09-06 00:00 to 01:00. Cairo: 2026-04-24 and 2026-10-30. */
const atMidnight: ClockCase[] = [
  {
    what: "Santiago 00:00, which does not exist: 01:00",
    schedule: daily("America/Santiago", "00:00"),
    after: "2026-09-05T00:00:00Z",
    ticks: ["2026-09-05T04:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"],
  },
  {
    what: "Santiago 00:00, which exists once when clocks go back",
    schedule: daily("America/Santiago", "00:00"),
    after: "2026-04-04T00:00:00Z",
    ticks: ["2026-04-04T03:00:00Z", "2026-04-05T04:00:00Z", "2026-04-06T04:00:00Z"],
  },
  {
    what: "Santiago 23:30, which exists twice: the first",
    schedule: daily("America/Santiago", "23:30"),
    after: "2026-04-04T00:00:00Z",
    ticks: ["2026-04-04T02:30:00Z", "2026-04-05T02:30:00Z", "2026-04-06T03:30:00Z"],
  },
  {
    what: "Cairo 00:30, which does not exist: 01:30",
    schedule: daily("Africa/Cairo", "00:30"),
    after: "2026-04-22T00:00:00Z",
    ticks: ["2026-04-22T22:30:00Z", "2026-04-23T22:30:00Z", "2026-04-24T21:30:00Z"],
  },
  {
    what: "Cairo 23:30, which exists twice: the first",
    schedule: daily("Africa/Cairo", "23:30"),
    after: "2026-10-28T00:00:00Z",
    ticks: ["2026-10-28T20:30:00Z", "2026-10-29T20:30:00Z", "2026-10-30T21:30:00Z"],
  },
];

/** Apia had no 2011-12-30 and went from -10 to +14; Kwajalein no 1993-08-21, from -12 to +12. */
const withoutADay: ClockCase[] = [
  {
    what: "Apia 06:00 daily: the missing day's tick and the next day's are one",
    schedule: daily("Pacific/Apia", "06:00"),
    after: "2011-12-29T00:00:00Z",
    ticks: ["2011-12-29T16:00:00Z", "2011-12-30T16:00:00Z", "2011-12-31T16:00:00Z"],
  },
  {
    what: "Apia on Fridays at 06:00: the Friday that is missing ticks on the Saturday",
    schedule: schedule(7 * day, 4 * day + 6 * hour, "Pacific/Apia"),
    after: "2011-12-20T00:00:00Z",
    ticks: ["2011-12-23T16:00:00Z", "2011-12-30T16:00:00Z", "2012-01-05T16:00:00Z"],
  },
  {
    what: "Kwajalein at midnight",
    schedule: daily("Pacific/Kwajalein", "00:00"),
    after: "1993-08-20T00:00:00Z",
    ticks: ["1993-08-20T12:00:00Z", "1993-08-21T12:00:00Z", "1993-08-22T12:00:00Z"],
  },
];

/** Expected instants worked out by hand from the rules of the zones; none is computed by the code. */
export const casesInZones: ClockCase[] = [
  ...inNewYork,
  ...inEurope,
  ...inLordHowe,
  ...atMidnight,
  ...withoutADay,
];
