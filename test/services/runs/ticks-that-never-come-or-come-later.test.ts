import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { frequencies } from "../../../drizzle/schema/frequencies.ts";
import { runs } from "../../../drizzle/schema/runs.ts";
import { tableReferences, tables } from "../../../drizzle/schema/tables.ts";
import { updateFrequency } from "../../../server/services/frequencies/save-frequency.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { getRun } from "../../../server/services/runs/get-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { frequencyInputSchema } from "../../../shared/frequency.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";
import { lookAt } from "./look-at.ts";

let fixture: EngineFixture;
let ids: Map<string, number>;
let quarterly: number;
let hourly: number;

/** `child` is hourly and reads `parent`, which is made every quarter of an hour, beside `other`. */
beforeEach(async () => {
  fixture = await openEngineFixture();
  const effectiveFrom = new Date(0);
  const of = (name: string, periodSeconds: number) =>
    insertFrequency(fixture.db, { name, periodSeconds, effectiveFrom });
  quarterly = await of("quarterly", 900);
  hourly = await of("hourly", 3_600);
  ids = await insertCatalog(fixture.db, [
    { name: "parent", frequencyId: quarterly },
    { name: "other", frequencyId: quarterly },
    { name: "child", parents: ["parent"], frequencyId: hourly },
  ]);
});
afterEach(() => fixture.close());

const parentRow = () => eq(tables.id, ids.get("parent")!);
const at = (time: string) => new Date(`2026-03-05T${time}:00Z`);

async function assemble(frequencyId: number, time: string) {
  const assembled = await assembleRun(fixture.deps, frequencyId, at(time));
  return assembled.kind === "nothing" ? 0 : assembled.runId;
}

const childOf = async (runId: number) => (await fixture.tableRunsOf(runId)).get("child")!;

/** It waits still after everything else has been looked at: a run made after it has ended. */
async function waitsStill(runId: number) {
  const { runId: later } = await startRun(fixture.deps, chooseTables([ids.get("other")!]), nobody);
  await fixture.runEnded(later);
  expect((await childOf(runId)).state).toBe("waiting");
}

test("it waits for the very tick of a faster frequency", async () => {
  fixture.start({ ticks: false });
  await fixture.runEnded(await assemble(quarterly, "09:45"));
  const run = await assemble(hourly, "10:00");
  expect((await childOf(run)).awaits).toMatchObject([{ tickAt: at("10:00").toISOString() }]);
  await waitsStill(run);
  await assemble(quarterly, "10:00");
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
});

test("where the parent's tick was missed while nothing ran, a later one covers it", async () => {
  fixture.start({ ticks: false });
  const run = await assemble(hourly, "10:00");
  await waitsStill(run);
  await assemble(quarterly, "10:30");
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
});

/** The run of 09:45, of before the parent was on its frequency, which the tick of 10:00 overlaps. */
async function overlappedWithout() {
  await fixture.db.update(tables).set({ frequencyId: null }).where(parentRow());
  const slow = await assemble(quarterly, "09:45");
  await fixture.db.update(tables).set({ frequencyId: quarterly }).where(parentRow());
  return { slow, skipped: await assemble(quarterly, "10:00") };
}

test("where the parent's tick was skipped for an overlap, the run that it overlapped counts, and is named", async () => {
  const slow = await assemble(quarterly, "09:45");
  const skipped = await assemble(quarterly, "10:00");
  const run = await assemble(hourly, "10:00");
  const [child] = (await getRun(fixture.deps, run)).tableRuns;
  expect(child!.reason.text).toContain(
    `d.parent: the tick of 2026-03-05 10:00 UTC of quarterly, run ${slow}, until`,
  );
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(skipped)).state).toBe("skipped");
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
});

test("… and where the parent failed there, that is the child's reason", async () => {
  fixture.warehouse.outcome = ({ table }) =>
    table === "d.parent" ? { reason: "invalidQuery", message: "bad" } : null;
  const slow = await assemble(quarterly, "09:45");
  await assemble(quarterly, "10:00");
  const run = await assemble(hourly, "10:00");
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(run)).state).toBe("failed");
  expect((await childOf(run)).reason).toMatchObject({
    code: "parentTick",
    runId: slow,
    text: `d.parent failed in run ${slow} of quarterly`,
  });
});

test("… and where the parent was no part of it, the next one is waited for", async () => {
  const { slow } = await overlappedWithout();
  const run = await assemble(hourly, "10:00");
  fixture.start({ ticks: false });
  await fixture.runEnded(slow);
  await waitsStill(run);
  const [child] = (await getRun(fixture.deps, run)).tableRuns;
  expect(child!.reason.text).toContain(
    "d.parent: the tick of 2026-03-05 10:00 UTC of quarterly, which has not made a run yet, until",
  );
  await assemble(quarterly, "10:15");
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
});

test("… and where none comes in time, that skipped tick is the reason", async () => {
  await fixture.db.update(frequencies).set({ parentWaitSeconds: 1 });
  const { slow } = await overlappedWithout();
  const run = await assemble(hourly, "10:00");
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(run)).state).toBe("failed");
  expect((await childOf(run)).reason).toMatchObject({
    code: "parentTick",
    text: `waited in vain for d.parent: quarterly skipped its tick of 2026-03-05 10:00 UTC, run ${slow} of this frequency had not ended`,
  });
});

test("… or a run by hand makes the parent meanwhile", async () => {
  const { slow } = await overlappedWithout();
  const run = await assemble(hourly, "10:00");
  fixture.start({ ticks: false });
  await fixture.runEnded(slow);
  await waitsStill(run);
  await startRun(fixture.deps, chooseTables([ids.get("parent")!]), nobody);
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
});

test("… or where the tick's run goes on, held up by another table, a run by hand does", async () => {
  await insertCatalog(fixture.db, [{ name: "slow", frequencyId: quarterly }]);
  await fixture.db.insert(tableReferences).values({
    tableId: ids.get("parent")!,
    source: "d.slow",
    dataset: "d",
    name: "slow",
    foundBy: ["ast"],
  });
  fixture.warehouse.durationMs = ({ table }) => (table === "d.slow" ? 600_000 : 0);
  fixture.start({ ticks: false });
  const parentRun = await assemble(quarterly, "10:00");
  const run = await assemble(hourly, "10:00");
  await waitsStill(run);
  await startRun(fixture.deps, chooseTables([ids.get("parent")!]), nobody);
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
  expect(await fixture.statesOf(parentRun)).toMatchObject({ parent: "waiting", slow: "running" });
});

test("after hours in which nothing ran, each frequency catches up once, and the child does not wait for what was missed", async () => {
  // The child's last tick is 10:00; at 10:50 that of its parent is 10:45.
  await lookAt(fixture.deps, at("10:50"));
  const made = await fixture.db.select().from(runs).orderBy(runs.tickAt);
  expect(made.map(({ tickAt }) => tickAt)).toEqual([at("10:00"), at("10:45")]);
  const [childRun] = made;
  expect((await childOf(childRun!.id)).awaits).toMatchObject([
    { tickAt: at("10:00").toISOString() },
  ]);
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(childRun!.id)).state).toBe("succeeded");
});

test("a child that is assembled after a later tick has made its parent waits for nothing", async () => {
  fixture.start({ ticks: false });
  await fixture.runEnded(await assemble(quarterly, "10:45"));
  const run = await assemble(hourly, "10:00");
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
});

test("a parent that its conditions keep out of the tick is not waited for", async () => {
  await fixture.db
    .update(tables)
    .set({ conditions: [{ hours: [5], days: [], months: [], weekdays: [] }] })
    .where(parentRow());
  const run = await assemble(hourly, "10:00");
  expect(await childOf(run)).toMatchObject({ state: "ready", awaits: [] });
});

test("a parent that conditions made since keep out is read in its last version", async () => {
  const run = await assemble(hourly, "10:00");
  await fixture.db
    .update(tables)
    .set({ conditions: [{ hours: [5], days: [], months: [], weekdays: [] }] })
    .where(parentRow());
  fixture.start({ ticks: false });
  await assemble(quarterly, "10:00");
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
});

test("after a skipped tick, a run that keeps the parent out says nothing, be it overlapped or later", async () => {
  await fixture.db
    .update(tables)
    .set({ conditions: [{ hours: [10], days: [], months: [], weekdays: [] }] })
    .where(parentRow());
  const slow = await assemble(quarterly, "09:45");
  await assemble(quarterly, "10:00");
  const run = await assemble(hourly, "10:00");
  fixture.start({ ticks: false });
  await fixture.runEnded(slow);
  const without = await assemble(quarterly, "11:00");
  await fixture.runEnded(without);
  for (const each of [slow, without]) {
    expect(await fixture.statesOf(each)).toEqual({ other: "succeeded", parent: "skipped" });
  }
  await waitsStill(run);
});

const quarterlyInput = frequencyInputSchema.parse({ name: "quarterly", periodSeconds: 900 });
const change = (values: object) =>
  updateFrequency(fixture.deps, { ...quarterlyInput, ...values, id: quarterly }, nobody);

test.each<[string, () => Promise<unknown>]>([
  ["its schedule is changed", () => change({ offsetSeconds: 60 })],
  ["its frequency is switched off", () => change({ active: false })],
  [
    "it is moved to another frequency",
    () => fixture.db.update(tables).set({ frequencyId: hourly }).where(parentRow()),
  ],
  [
    "it is taken from its frequency",
    () => fixture.db.update(tables).set({ frequencyId: null }).where(parentRow()),
  ],
  [
    "it is deleted",
    () => fixture.db.update(tables).set({ deletedAt: new Date() }).where(parentRow()),
  ],
])("a parent is taken as it is where its tick will not come any more: %s", async (_, action) => {
  fixture.start({ ticks: false });
  const run = await assemble(hourly, "10:00");
  await waitsStill(run);
  await action();
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
});

test("a parent whose tick is a run already is waited for, whatever is changed meanwhile", async () => {
  const parentRun = await assemble(quarterly, "10:00");
  const run = await assemble(hourly, "10:00");
  await change({ active: false });
  await fixture.db.update(tables).set({ frequencyId: hourly }).where(parentRow());
  fixture.warehouse.outcome = ({ table }) =>
    table === "d.parent" ? { reason: "invalidQuery", message: "bad" } : null;
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(run)).state).toBe("failed");
  expect((await childOf(run)).reason).toMatchObject({
    text: `d.parent failed in run ${parentRun} of quarterly`,
  });
});

test("a frequency that had no table at the tick is not waited for after it got one", async () => {
  await fixture.db
    .update(tables)
    .set({ frequencyId: null })
    .where(eq(tables.frequencyId, quarterly));
  expect(await assemble(quarterly, "10:00")).toBe(0);
  await fixture.db.update(tables).set({ frequencyId: quarterly }).where(parentRow());
  const run = await assemble(hourly, "10:00");
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(run)).state).toBe("succeeded");
});

test("the tick that overlaps a run which only waits says for what", async () => {
  const run = await assemble(hourly, "10:00");
  expect(await assembleRun(fixture.deps, hourly, at("11:00"))).toMatchObject({
    kind: "skipped",
    reasonCode: "overlap",
    reason: `run ${run} of this frequency had not ended: it waits for d.parent`,
  });
});

test("a run by hand waits for no tick", async () => {
  fixture.start({ ticks: false });
  const { runId } = await startRun(
    fixture.deps,
    { kind: "frequency", frequencyId: hourly },
    nobody,
  );
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  await until("one job", () => fixture.warehouse.jobs.size === 1);
});
