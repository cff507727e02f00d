import { afterEach, beforeEach, expect, test } from "vitest";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";

let fixture: EngineFixture;
let ids: Map<string, number>;
let daily: number;
let hourly: number;

beforeEach(async () => {
  fixture = await openEngineFixture();
  const effectiveFrom = new Date(0);
  const of = (name: string, periodSeconds: number) =>
    insertFrequency(fixture.db, { name, periodSeconds, effectiveFrom });
  daily = await of("daily", 86_400);
  hourly = await of("hourly", 3_600);
});
afterEach(() => fixture.close());

async function assemble(frequencyId: number, time: string) {
  const assembled = await assembleRun(fixture.deps, frequencyId, new Date(time));
  return assembled.kind === "nothing" ? 0 : assembled.runId;
}

const breakTable = (name: string) => {
  fixture.warehouse.outcome = ({ table }) =>
    table === name ? { reason: "invalidQuery", message: "bad" } : null;
};
const mend = () => {
  fixture.warehouse.outcome = () => null;
};

/** A daily parent that failed, and the run of its hourly child, which failed for it. */
async function bothFailed() {
  ids = await insertCatalog(fixture.db, [
    { name: "source", frequencyId: daily },
    { name: "parent", parents: ["source"], frequencyId: daily },
    { name: "child", parents: ["parent"], frequencyId: hourly },
  ]);
  breakTable("d.parent");
  fixture.start({ ticks: false });
  const parentRun = await assemble(daily, "2026-03-05T00:00:00Z");
  const childRun = await assemble(hourly, "2026-03-05T10:00:00Z");
  expect((await fixture.runEnded(parentRun)).state).toBe("failed");
  expect((await fixture.runEnded(childRun)).state).toBe("failed");
  mend();
  return { parentRun, childRun };
}

test("resumed before its parent is mended, a child fails again with the same reason", async () => {
  const { parentRun, childRun } = await bothFailed();
  await resumeRun(fixture.deps, childRun, nobody);
  expect((await fixture.runEnded(childRun)).state).toBe("failed");
  expect((await fixture.tableRunsOf(childRun)).get("child")!.reason).toMatchObject({
    code: "parentTick",
    text: `d.parent failed in run ${parentRun} of daily`,
  });
});

test("resumed after its parent's run, a child waits for it and succeeds", async () => {
  const { parentRun, childRun } = await bothFailed();
  fixture.warehouse.durationMs = () => 300;
  await resumeRun(fixture.deps, parentRun, nobody);
  await resumeRun(fixture.deps, childRun, nobody);
  expect((await fixture.runEnded(childRun)).state).toBe("succeeded");
  expect((await fixture.runEnded(parentRun)).state).toBe("succeeded");
  const made = [...fixture.warehouse.jobs.values()].map(({ table }) => table);
  expect(made).toEqual(["d.source", "d.parent", "d.parent", "d.child"]);
});

test("a parent that was mended by hand, with another query, serves the child's resume", async () => {
  const { childRun } = await bothFailed();
  const { runId } = await startRun(fixture.deps, chooseTables([ids.get("parent")!]), nobody);
  await fixture.runEnded(runId);
  await resumeRun(fixture.deps, childRun, nobody);
  expect((await fixture.runEnded(childRun)).state).toBe("succeeded");
});

test("a parent that succeeded at its next tick serves it as well", async () => {
  const { childRun } = await bothFailed();
  await fixture.runEnded(await assemble(daily, "2026-03-06T00:00:00Z"));
  await resumeRun(fixture.deps, childRun, nobody);
  expect((await fixture.runEnded(childRun)).state).toBe("succeeded");
});

test("a parent that was skipped for its own parent's failure is the reason too, over any number of frequencies", async () => {
  const weekly = await insertFrequency(fixture.db, {
    name: "weekly",
    periodSeconds: 604_800,
    effectiveFrom: new Date(0),
  });
  await insertCatalog(fixture.db, [
    { name: "source", frequencyId: daily },
    { name: "parent", parents: ["source"], frequencyId: daily },
    { name: "child", parents: ["parent"], frequencyId: hourly },
    { name: "report", parents: ["child"], frequencyId: weekly },
  ]);
  breakTable("d.source");
  // 2026-03-02 is a Monday.
  const monday = "2026-03-02T00:00:00Z";
  const report = await assemble(weekly, monday);
  const childRun = await assemble(hourly, monday);
  const parentRun = await assemble(daily, monday);
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(report)).state).toBe("failed");
  const reasonIn = async (run: number, name: string) =>
    (await fixture.tableRunsOf(run)).get(name)!.reason?.text;
  expect(await reasonIn(childRun, "child")).toBe(
    `d.parent was skipped in run ${parentRun} of daily`,
  );
  expect(await reasonIn(report, "report")).toBe(`d.child failed in run ${childRun} of hourly`);
});

test("frequencies whose tables wait for each other's, in both directions, hold nothing up", async () => {
  await insertCatalog(fixture.db, [
    { name: "d1", frequencyId: daily },
    { name: "h1", parents: ["d1"], frequencyId: hourly },
    { name: "d2", parents: ["h1"], frequencyId: daily },
    { name: "h2", parents: ["d2", "h1"], frequencyId: hourly },
    { name: "d3", parents: ["h2", "d1"], frequencyId: daily },
  ]);
  const dailyRun = await assemble(daily, "2026-03-05T00:00:00Z");
  const hourlyRun = await assemble(hourly, "2026-03-05T00:00:00Z");
  fixture.start({ ticks: false });
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(dailyRun)).state).toBe("succeeded");
  expect((await fixture.runEnded(hourlyRun)).state).toBe("succeeded");
  const made = [...fixture.warehouse.jobs.values()].map(({ table }) => table);
  expect(made).toEqual(["d.d1", "d.h1", "d.d2", "d.h2", "d.d3"]);
});
