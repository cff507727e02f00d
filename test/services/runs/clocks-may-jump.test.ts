import { afterEach, beforeEach, expect, test } from "vitest";
import { runs } from "../../../drizzle/schema/runs.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { lookAt } from "./look-at.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

/** The ticks of one frequency that are recorded after a ticker has looked at these instants in turn. */
async function ticksAfterLooks(
  values: Parameters<typeof insertFrequency>[1],
  looks: string[],
): Promise<string[]> {
  const effectiveFrom = new Date(0);
  const frequencyId = await insertFrequency(fixture.db, { effectiveFrom, ...values });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  for (const instant of looks) await lookAt(fixture.deps, instant);
  const rows = await fixture.db.select().from(runs).orderBy(runs.id);
  return rows.map(({ tickAt }) => tickAt!.toISOString());
}

const hourly = { periodSeconds: 3_600 };

test("back over a tick by a second: no tick twice, and the next at its time", async () => {
  expect(
    await ticksAfterLooks(hourly, [
      "2026-03-05T11:00:00Z",
      "2026-03-05T10:59:59Z",
      "2026-03-05T11:00:01Z",
      "2026-03-05T12:00:00Z",
    ]),
  ).toEqual(["2026-03-05T11:00:00.000Z", "2026-03-05T12:00:00.000Z"]);
});

test("back by hours: nothing again that was recorded", async () => {
  expect(
    await ticksAfterLooks(hourly, [
      "2026-03-05T09:30:00Z",
      "2026-03-05T10:30:00Z",
      "2026-03-05T11:30:00Z",
      "2026-03-05T09:45:00Z",
      "2026-03-05T10:45:00Z",
      "2026-03-05T12:00:00Z",
    ]),
  ).toEqual([
    "2026-03-05T09:00:00.000Z",
    "2026-03-05T10:00:00.000Z",
    "2026-03-05T11:00:00.000Z",
    "2026-03-05T12:00:00.000Z",
  ]);
});

test("forward by hours: the newest tick is caught up, once", async () => {
  expect(
    await ticksAfterLooks(hourly, [
      "2026-03-05T10:00:00Z",
      "2026-03-05T17:20:00Z",
      "2026-03-05T17:40:00Z",
    ]),
  ).toEqual(["2026-03-05T10:00:00.000Z", "2026-03-05T17:00:00.000Z"]);
});

test("forward by mistake, and set right: the ticks in between are not lost, and none is doubled", async () => {
  expect(
    await ticksAfterLooks(hourly, [
      "2026-03-05T10:00:00Z",
      "2026-03-05T13:05:00Z",
      ...["2026-03-05T10:06:00Z", "2026-03-05T11:00:00Z", "2026-03-05T12:00:00Z"],
      ...["2026-03-05T13:00:00Z", "2026-03-05T14:00:00Z"],
    ]),
  ).toEqual([
    "2026-03-05T10:00:00.000Z",
    "2026-03-05T13:00:00.000Z",
    "2026-03-05T11:00:00.000Z",
    "2026-03-05T12:00:00.000Z",
    "2026-03-05T14:00:00.000Z",
  ]);
});

test("through both changes of New York's clocks a daily frequency ticks once a day", async () => {
  const daily = { periodSeconds: 86_400, offsetSeconds: 9_000, timeZone: "America/New_York" };
  expect(
    await ticksAfterLooks(daily, [
      "2026-03-07T20:00:00Z",
      "2026-03-08T06:59:59Z",
      "2026-03-08T07:29:59Z",
      "2026-03-08T07:30:00Z",
      "2026-03-09T06:30:00Z",
      "2026-11-01T06:30:00Z",
      "2026-11-01T07:30:00Z",
      "2026-11-01T23:00:00Z",
    ]),
  ).toEqual([
    "2026-03-07T07:30:00.000Z",
    "2026-03-08T07:30:00.000Z",
    "2026-03-09T06:30:00.000Z",
    "2026-10-31T06:30:00.000Z",
    "2026-11-01T07:30:00.000Z",
  ]);
});

test("where a zone leaves out a day, the tick that two days share is recorded once", async () => {
  const daily = { periodSeconds: 86_400, offsetSeconds: 21_600, timeZone: "Pacific/Apia" };
  expect(
    await ticksAfterLooks(daily, [
      "2011-12-29T16:00:00Z",
      "2011-12-30T15:59:59Z",
      "2011-12-30T16:00:00Z",
      "2011-12-31T15:59:59Z",
      "2011-12-31T16:00:00Z",
    ]),
  ).toEqual(["2011-12-29T16:00:00.000Z", "2011-12-30T16:00:00.000Z", "2011-12-31T16:00:00.000Z"]);
});
