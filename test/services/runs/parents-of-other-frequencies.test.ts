import { afterEach, beforeEach, expect, test } from "vitest";
import { inTransition } from "../../../server/db/transition.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { getRun } from "../../../server/services/runs/get-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { settleAwaiting } from "../../../server/services/runs/settle-awaiting.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

const ten = new Date("2026-03-05T10:00:00Z");
const midnight = new Date("2026-03-05T00:00:00Z");

async function twoFrequencies(hourlyValues = {}) {
  const common = { active: true, effectiveFrom: new Date(0) };
  const daily = await insertFrequency(fixture.db, {
    name: "daily",
    periodSeconds: 86_400,
    ...common,
  });
  const hourly = await insertFrequency(fixture.db, {
    periodSeconds: 3_600,
    ...common,
    ...hourlyValues,
  });
  await insertCatalog(fixture.db, [
    { name: "parent", frequencyId: daily },
    { name: "loose" },
    { name: "child", parents: ["parent", "loose"], frequencyId: hourly },
    { name: "grandchild", parents: ["child"], frequencyId: hourly },
  ]);
  return { daily, hourly };
}

async function assemble(frequencyId: number, at: Date) {
  const assembled = await assembleRun(fixture.deps, frequencyId, at);
  return assembled.kind === "nothing" ? 0 : assembled.runId;
}

test("a child waits for the tick of its parent's frequency that covers its own, and says so", async () => {
  const { daily, hourly } = await twoFrequencies();
  const runId = await assemble(hourly, ten);
  fixture.start({ ticks: false });
  const [child] = (await getRun(fixture.deps, runId)).tableRuns;
  expect(child).toMatchObject({
    tableName: "d.child",
    state: "waiting",
    reason: {
      code: "parentTick",
      text: expect.stringContaining("waits for d.parent: the tick of 2026-03-05 00:00 UTC of"),
      tickAt: midnight.toISOString(),
    },
  });
  const parentRun = await assemble(daily, midnight);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect((await fixture.runEnded(parentRun)).state).toBe("succeeded");
  expect([...fixture.warehouse.jobs.values()].map((job) => job.table)).toEqual([
    "d.parent",
    "d.child",
    "d.grandchild",
  ]);
});

test("where the parent's tick is done already, nothing is waited for", async () => {
  const { daily, hourly } = await twoFrequencies();
  fixture.start({ ticks: false });
  await fixture.runEnded(await assemble(daily, midnight));
  expect((await fixture.runEnded(await assemble(hourly, ten))).state).toBe("succeeded");
});

test("where the parent failed in its own run, that is the child's reason", async () => {
  const { daily, hourly } = await twoFrequencies();
  fixture.warehouse.outcome = (job) =>
    job.table === "d.parent" ? { reason: "invalidQuery", message: "bad" } : null;
  const runId = await assemble(hourly, ten);
  fixture.start({ ticks: false });
  const parentRun = await assemble(daily, midnight);
  expect((await fixture.runEnded(runId)).state).toBe("failed");
  const rows = await fixture.tableRunsOf(runId);
  expect(rows.get("child")!.reason).toMatchObject({
    code: "parentTick",
    text: `d.parent failed in run ${parentRun} of daily`,
    runId: parentRun,
    tickAt: "2026-03-05T00:00:00.000Z",
  });
  expect(rows.get("grandchild")).toMatchObject({
    state: "skipped",
    reason: { code: "parentFailed" },
  });
});

test("what is cancelled while it waits, waits again when it is resumed", async () => {
  const { daily, hourly } = await twoFrequencies();
  const runId = await assemble(hourly, ten);
  await cancelRun(fixture.deps, runId, nobody);
  await resumeRun(fixture.deps, runId, nobody);
  const child = (await fixture.tableRunsOf(runId)).get("child")!;
  expect(child).toMatchObject({ state: "waiting", pendingParents: 1 });
  expect(child.awaitUntil!.getTime()).toBeGreaterThan(Date.now());
  fixture.start({ ticks: false });
  await assemble(daily, midnight);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect([...fixture.warehouse.jobs.values()].map((job) => job.table)).toEqual([
    "d.parent",
    "d.child",
    "d.grandchild",
  ]);
});

test("it waits no longer than its frequency says", async () => {
  const { hourly } = await twoFrequencies({ parentWaitSeconds: 1 });
  const runId = await assemble(hourly, ten);
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(runId)).state).toBe("failed");
  const rows = await fixture.tableRunsOf(runId);
  expect(rows.get("child")!.reason).toMatchObject({
    code: "parentTick",
    text: "waited in vain for d.parent: daily made no run for its tick of 2026-03-05 00:00 UTC in time",
  });
});

test.each(["table", "run"])(
  "a look for one %s ends the waits for it, and for no other",
  async (kind) => {
    const { daily, hourly } = await twoFrequencies();
    const weekly = await insertFrequency(fixture.db, { effectiveFrom: new Date(0) });
    const [other, alone] = (
      await insertCatalog(fixture.db, [{ name: "other", frequencyId: weekly }, { name: "alone" }])
    ).values();
    const otherRun = await assemble(weekly, midnight);
    const { runId: byHand } = await startRun(fixture.deps, chooseTables([alone!]), nobody);
    const parentRun = await assemble(daily, midnight);
    const runId = await assemble(hourly, ten);
    const parent = (await fixture.tableRunsOf(parentRun)).get("parent")!;
    await fixture.deps.pool.query("update table_runs set state = 'succeeded' where id = $1", [
      parent.id,
    ]);
    const look = async (tableIds: number[], runIds: number[]) => {
      const which = kind === "table" ? { tableIds, runIds: [] } : { tableIds: [], runIds };
      const { moved } = await inTransition(fixture.deps.pool, (transition) =>
        settleAwaiting(transition, which),
      );
      return moved.map(({ state }) => state);
    };
    expect(await look([other!], [otherRun, byHand])).toEqual([]);
    expect(await look([alone!], [byHand])).toEqual([]);
    expect(await look([other!, parent.tableId], [otherRun, parentRun])).toEqual(["ready"]);
    expect(await fixture.statesOf(runId)).toEqual({ child: "ready", grandchild: "waiting" });
  },
);

test("a parent whose frequency is switched off is taken as it is", async () => {
  const { daily, hourly } = await twoFrequencies();
  await fixture.deps.pool.query("update frequencies set active = false where id = $1", [daily]);
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(await assemble(hourly, ten))).state).toBe("succeeded");
  await until("two jobs", () => fixture.warehouse.jobs.size === 2);
});
