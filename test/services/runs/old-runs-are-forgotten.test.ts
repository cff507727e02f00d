import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { summarizeCosts } from "../../../server/services/costs/summarize-costs.ts";
import { listJobs } from "../../../server/services/jobs/list-jobs.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { forgetOldRuns } from "../../../server/services/runs/forget-old-runs.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

const forget = () => forgetOldRuns(fixture.deps, new AbortController().signal);
const runIds = async () =>
  (await fixture.db.select({ id: runs.id }).from(runs).orderBy(runs.id)).map(({ id }) => id);

/** As if a run had ended so many days ago. */
async function age(runId: number, days: number) {
  const at = new Date(Date.now() - days * 86_400_000);
  await fixture.db.update(runs).set({ createdAt: at, endedAt: at }).where(eq(runs.id, runId));
}

async function runByHand(ids: Iterable<number>) {
  const { runId } = await startRun(fixture.deps, chooseTables(ids), nobody);
  await fixture.runEnded(runId);
  return runId;
}

async function runTick(frequencyId: number, day: number) {
  const at = new Date(Date.UTC(2026, 0, day));
  const assembled = await assembleRun(fixture.deps, frequencyId, at);
  if (assembled.kind !== "started") throw new Error("the tick made no run");
  await fixture.runEnded(assembled.runId);
  return assembled.runId;
}

test("a run goes 90 days after its end, and what it cost stays with its table and frequency", async () => {
  const frequencyId = await insertFrequency(fixture.db, {
    name: "daily",
    effectiveFrom: new Date(0),
  });
  const ids = await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  fixture.start({ ticks: false });
  const old = await runTick(frequencyId, 1);
  const recent = await runTick(frequencyId, 2);
  const newest = await runTick(frequencyId, 3);
  await age(old, 91);
  await age(recent, 89);
  const before = await summarizeCosts(fixture.deps, 7);

  expect(await forget()).toBe(1);
  expect(await runIds()).toEqual([recent, newest]);
  expect(await summarizeCosts(fixture.deps, 7)).toEqual(before);
  expect(before.byFrequency).toMatchObject([{ name: "daily", jobs: 3 }]);
  const jobs = await listJobs(fixture.deps, { tableId: ids.get("a")!, limit: 10 });
  expect(jobs.map(({ runId, bytesBilled }) => [runId, bytesBilled])).toEqual([
    [newest, 10485760],
    [recent, 10485760],
    [null, 10485760],
  ]);
});

test("the newest tick of a frequency stays, however old: it is not run again", async () => {
  const frequencyId = await insertFrequency(fixture.db, { effectiveFrom: new Date(0) });
  const ids = await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  fixture.start({ ticks: false });
  const tick = await runTick(frequencyId, 1);
  await age(tick, 400);
  await runByHand(ids.values());
  expect(await forget()).toBe(0);
  expect(await assembleRun(fixture.deps, frequencyId, new Date(Date.UTC(2026, 0, 1)))).toEqual({
    kind: "nothing",
  });
});

test("a table's newest run stays, and its newest that succeeded", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }, { name: "b" }]);
  fixture.start({ ticks: false });
  const first = await runByHand(ids.values());
  const succeeded = await runByHand(ids.values());
  fixture.warehouse.outcome = () => ({ reason: "invalidQuery", message: "bad" });
  const middle = await runByHand(ids.values());
  const failed = await runByHand(ids.values());
  for (const id of [first, succeeded, middle, failed]) await age(id, 91);
  expect(await forget()).toBe(2);
  expect(await runIds()).toEqual([succeeded, failed]);
});

test("a run that has not ended stays, and with 0 days so do all", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  const old = new Date(Date.now() - 400 * 86_400_000);
  await fixture.db.update(runs).set({ createdAt: old });
  expect(await forget()).toBe(0);
  fixture.start({ ticks: false });
  await fixture.runEnded(runId);
  await runByHand(ids.values());
  await age(runId, 400);
  fixture.deps.limits.runRetentionDays = 0;
  expect(await forget()).toBe(0);
  fixture.deps.limits.runRetentionDays = 90;
  expect(await forget()).toBe(1);
  expect(await fixture.db.$count(tableRuns)).toBe(1);
});
