import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { frequencies } from "../../../drizzle/schema/frequencies.ts";
import { runs } from "../../../drizzle/schema/runs.ts";
import { listRuns } from "../../../server/db/runs.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";
import { lookAt } from "./look-at.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

const allRuns = () => fixture.db.select().from(runs).orderBy(runs.id);
const epoch = { effectiveFrom: new Date(0) };

test("two daemons record each tick of a fast frequency once", async () => {
  const frequencyId = await insertFrequency(fixture.db, { periodSeconds: 1 });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  fixture.start();
  fixture.start();
  await until("eight ticks", async () => (await allRuns()).length >= 8);
  const ticks = (await allRuns()).map((run) => run.tickAt!.getTime());
  expect(new Set(ticks).size).toBe(ticks.length);
  expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
  const ran = (await allRuns()).filter((run) => run.state === "succeeded");
  const jobs = [...fixture.warehouse.jobs.values()];
  expect(jobs.length).toBeGreaterThanOrEqual(ran.length);
  expect(jobs.length).toBeLessThanOrEqual(ticks.length + 1);
});

test("of the ticks missed, the newest alone is caught up, and once", async () => {
  const frequencyId = await insertFrequency(fixture.db, { periodSeconds: 3_600, ...epoch });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  await lookAt(fixture.deps, "2026-03-05T10:20:00Z");
  await lookAt(fixture.deps, "2026-03-05T10:40:00Z");
  expect((await allRuns()).map((run) => run.tickAt)).toEqual([new Date("2026-03-05T10:00:00Z")]);
  await lookAt(fixture.deps, "2026-03-05T15:59:00Z");
  expect((await allRuns()).map((run) => run.tickAt)).toEqual([
    new Date("2026-03-05T10:00:00Z"),
    new Date("2026-03-05T15:00:00Z"),
  ]);
});

test("down over five ticks: one run makes up for them, and the other four are recorded on it and alerted", async () => {
  const effectiveFrom = new Date("2026-03-05T10:00:00Z");
  const frequencyId = await insertFrequency(fixture.db, { periodSeconds: 3_600, effectiveFrom });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  const warnings: Record<string, unknown>[] = [];
  const write = (line: string) => warnings.push(JSON.parse(line));
  const deps = { ...fixture.deps, log: pino({ level: "warn" }, { write }) };
  await lookAt(deps, "2026-03-05T10:20:00Z");
  fixture.start({ ticks: false });
  await fixture.runEnded(1);
  expect(warnings).toEqual([]);
  const missed = {
    count: 4,
    first: "2026-03-05T11:00:00.000Z",
    last: "2026-03-05T14:00:00.000Z",
  };
  for (const instant of ["15:20:00", "15:21:00"]) await lookAt(deps, `2026-03-05T${instant}Z`);
  expect((await fixture.runEnded(2)).state).toBe("succeeded");
  expect(fixture.warehouse.jobs.size).toBe(2);
  const [caughtUp, before, ...others] = await listRuns(fixture.db, { limit: 9 });
  expect(caughtUp).toMatchObject({ tickAt: "2026-03-05T15:00:00.000Z", missed });
  expect(before).toMatchObject({ tickAt: "2026-03-05T10:00:00.000Z", missed: null });
  expect(others).toEqual([]);
  expect(warnings).toMatchObject([{ alert: "missedTicks", frequencyId, runId: 2, missed }]);
  expect(warnings[0]!["msg"]).toContain(
    "4 ticks, from 2026-03-05 11:00 UTC to 2026-03-05 14:00 UTC, were missed before its tick",
  );
  await lookAt(deps, "2026-03-05T16:00:00Z");
  expect((await allRuns()).at(-1)).toMatchObject({ missed: null });
});

test("a first tick that is missed counts from when the frequency was made, changed or switched on", async () => {
  const effectiveFrom = new Date("2026-03-05T11:00:00Z");
  const frequencyId = await insertFrequency(fixture.db, { periodSeconds: 3_600, effectiveFrom });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  await lookAt(fixture.deps, "2026-03-05T12:20:00Z");
  const at = "2026-03-05T11:00:00.000Z";
  expect(await allRuns()).toMatchObject([{ missed: { count: 1, first: at, last: at } }]);
  await fixture.db.update(frequencies).set({ effectiveFrom: new Date("2026-03-05T14:30:00Z") });
  await lookAt(fixture.deps, "2026-03-05T15:20:00Z");
  expect((await allRuns()).at(-1)).toMatchObject({ state: "skipped", missed: null });
});

test("ticks before a frequency was made or changed are not missed; inactive and empty ones are silent", async () => {
  const now = new Date("2026-03-05T12:30:00Z");
  const young = { effectiveFrom: new Date("2026-03-05T12:00:01Z"), periodSeconds: 3_600 };
  const of = (name: string, frequencyId: number) =>
    insertCatalog(fixture.db, [{ name, frequencyId }]);
  await of("a", await insertFrequency(fixture.db, young));
  await of("b", await insertFrequency(fixture.db, { ...young, ...epoch, active: false }));
  await insertFrequency(fixture.db, { ...young, ...epoch });
  await lookAt(fixture.deps, now.toISOString());
  expect(await allRuns()).toHaveLength(0);
  await lookAt(fixture.deps, "2026-03-05T13:00:00Z");
  expect(await allRuns()).toHaveLength(1);
});

test("a tick that comes before the last run has ended is recorded as skipped, with the reason, and alerted", async () => {
  const effectiveFrom = new Date("2026-03-05T10:00:00Z");
  const frequencyId = await insertFrequency(fixture.db, { periodSeconds: 60, effectiveFrom });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  const warnings: Record<string, unknown>[] = [];
  const write = (line: string) => warnings.push(JSON.parse(line));
  const deps = { ...fixture.deps, log: pino({ level: "warn" }, { write }) };
  const first = await assembleRun(deps, frequencyId, new Date("2026-03-05T10:00:00Z"));
  const second = await assembleRun(deps, frequencyId, new Date("2026-03-05T10:01:00Z"));
  const again = await assembleRun(deps, frequencyId, new Date("2026-03-05T10:01:00Z"));
  expect(first).toEqual({ kind: "started", runId: 1 });
  expect(second).toEqual({
    kind: "skipped",
    runId: 2,
    reason: "run 1 of this frequency had not ended",
    reasonCode: "overlap",
  });
  expect(again).toEqual({ kind: "nothing" });
  expect(warnings).toMatchObject([{ alert: "overlap", frequencyId, runId: 2 }]);
  expect(warnings[0]!["msg"]).toMatch(/10:01:00.000Z was skipped, run 1 of this frequency had not/);
  const [, skipped] = await allRuns();
  expect(skipped).toMatchObject({ state: "skipped", reasonCode: "overlap", kind: "tick" });
  expect(skipped!.endedAt).toEqual(skipped!.createdAt);
  const [listed] = await listRuns(fixture.db, { limit: 1 });
  expect(listed).toMatchObject({
    tickAt: "2026-03-05T10:01:00.000Z",
    reason: "run 1 of this frequency had not ended",
    reasonCode: "overlap",
  });
});

test("a tick older than one that is recorded is no longer wanted", async () => {
  const frequencyId = await insertFrequency(fixture.db, { periodSeconds: 60, ...epoch });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  await assembleRun(fixture.deps, frequencyId, new Date("2026-03-05T10:01:00Z"));
  const late = await assembleRun(fixture.deps, frequencyId, new Date("2026-03-05T10:00:00Z"));
  expect(late).toEqual({ kind: "nothing" });
});

test("what is no tick of the frequency (any more) is not recorded", async () => {
  const frequencyId = await insertFrequency(fixture.db, { periodSeconds: 3_600, ...epoch });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  const off = await assembleRun(fixture.deps, frequencyId, new Date("2026-03-05T10:00:01Z"));
  expect(off).toEqual({ kind: "nothing" });
});

test("a tick in which no table takes part is recorded as skipped, with each table's reason", async () => {
  const frequencyId = await insertFrequency(fixture.db, { periodSeconds: 3_600, ...epoch });
  const conditions = [{ hours: [5] }];
  await insertCatalog(fixture.db, [{ name: "a", frequencyId, conditions }]);
  const at = new Date("2026-03-05T10:00:00Z");
  expect(await assembleRun(fixture.deps, frequencyId, at)).toMatchObject({
    kind: "skipped",
    reasonCode: "conditionFalse",
  });
  const rows = await fixture.tableRunsOf(1);
  expect(rows.get("a")).toMatchObject({
    state: "skipped",
    reason: { code: "conditionFalse", text: expect.stringContaining("only in hour 5") },
  });
});
