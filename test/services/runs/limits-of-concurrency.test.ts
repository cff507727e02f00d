import { afterEach, expect, test } from "vitest";
import { advanceRuns } from "../../../server/services/runs/advance-runs.ts";
import { deliverUpload } from "../../../server/services/runs/deliver-upload.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
afterEach(() => fixture.close());

/** The most jobs that ran at one time, of those that a filter lets through. */
function mostAtOnce(of: (table: string) => boolean): number {
  const jobs = [...fixture.warehouse.jobs.values()].filter((job) => of(job.table));
  return Math.max(
    ...jobs.map(
      (job) =>
        jobs.filter((o) => o.insertedAt <= job.insertedAt && o.doneAt > job.insertedAt).length,
    ),
  );
}

const many = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `${prefix}${index}` }));

test("two daemons together keep the limits, overall and of each run", async () => {
  fixture = await openEngineFixture({ concurrentTableRuns: 5, concurrentTableRunsPerRun: 3 });
  fixture.warehouse.durationMs = () => 150;
  const a = await insertCatalog(fixture.db, many("a", 20));
  const b = await insertCatalog(fixture.db, many("b", 20));
  const runs = [
    await startRun(fixture.deps, chooseTables(a.values()), nobody),
    await startRun(fixture.deps, chooseTables(b.values()), nobody),
  ];
  fixture.start();
  fixture.start();
  for (const { runId } of runs) await fixture.runEnded(runId);
  expect(fixture.warehouse.jobs.size).toBe(40);
  expect(mostAtOnce(() => true)).toBe(5);
  expect(mostAtOnce((table) => table.startsWith("d.a"))).toBe(3);
  expect(mostAtOnce((table) => table.startsWith("d.b"))).toBe(3);
});

test("waiting loads keep the limit of their run as well", async () => {
  fixture = await openEngineFixture({ concurrentTableRuns: 5, concurrentTableRunsPerRun: 2 });
  fixture.warehouse.durationMs = () => 100;
  const uploads = many("up", 6).map((each) => ({ ...each, kind: "external" as const }));
  const ids = await insertCatalog(fixture.db, [...uploads, ...many("a", 4)]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  for (const [name, row] of await fixture.tableRunsOf(runId)) {
    if (!name.startsWith("up")) continue;
    fixture.deps.objects.set(`uploads/${name}.csv`, 3);
    await deliverUpload(fixture.deps, row.id, [`uploads/${name}.csv`]);
  }
  fixture.start();
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect(fixture.warehouse.jobs.size).toBe(10);
  expect(mostAtOnce(() => true)).toBe(2);
});

test("slots are filled at once also where two runs want the same tables first", async () => {
  fixture = await openEngineFixture({ concurrentTableRuns: 4, concurrentTableRunsPerRun: 2 });
  const wanted = await insertCatalog(fixture.db, many("a", 4));
  await startRun(fixture.deps, chooseTables(wanted.values()), nobody);
  await startRun(fixture.deps, chooseTables(wanted.values()), nobody);
  const nothing = { ended: [], submitted: [], troubles: [], read: [], held: [] };
  const { driven } = await advanceRuns(fixture.deps, {
    ...nothing,
    isRenewal: false,
    isSweep: true,
    awaited: null,
  });
  expect(driven.map(({ claim }) => [claim.runId, claim.definition.name]).sort()).toEqual([
    [1, "a0"],
    [1, "a1"],
    [2, "a2"],
    [2, "a3"],
  ]);
});

test("the most depended-on goes first, then the longest path", async () => {
  fixture = await openEngineFixture({ concurrentTableRuns: 1 });
  const ids = await insertCatalog(fixture.db, [
    { name: "leaf" },
    { name: "chain1" },
    { name: "chain2", parents: ["chain1"] },
    { name: "chain3", parents: ["chain2"] },
    { name: "wide" },
    ...["w1", "w2", "w3"].map((name) => ({ name, parents: ["wide"] })),
  ]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  fixture.start();
  await fixture.runEnded(runId);
  const order = [...fixture.warehouse.jobs.values()].map((job) => job.table);
  expect(order.slice(0, 3)).toEqual(["d.wide", "d.chain1", "d.chain2"]);
});

test("a table is run by one table run at a time, whichever runs they belong to", async () => {
  fixture = await openEngineFixture();
  fixture.warehouse.durationMs = () => 80;
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  const runs = [];
  for (let index = 0; index < 3; index += 1) {
    runs.push(await startRun(fixture.deps, chooseTables(ids.values()), nobody));
  }
  fixture.start();
  for (const { runId } of runs) await fixture.runEnded(runId);
  expect(fixture.warehouse.jobs.size).toBe(3);
  expect(mostAtOnce(() => true)).toBe(1);
});

test("uploads wait without a slot, and load when their files come", async () => {
  fixture = await openEngineFixture({ concurrentTableRuns: 1 });
  const ids = await insertCatalog(fixture.db, [
    { name: "up", kind: "external" },
    { name: "late", kind: "external", externalTimeoutSeconds: 1 },
    { name: "reader", parents: ["up"] },
    { name: "other" },
  ]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  fixture.start();
  await until("the other table is done", async () => {
    const states = await fixture.statesOf(runId);
    return states["other"] === "succeeded" && states["late"] === "failed";
  });
  const waiting = (await fixture.tableRunsOf(runId)).get("up")!;
  expect(waiting).toMatchObject({ state: "running", reason: { code: "waitingForUpload" } });
  fixture.deps.objects.set("uploads/up.csv", 3);
  await deliverUpload(fixture.deps, waiting.id, ["uploads/up.csv"]);
  expect((await fixture.runEnded(runId)).state).toBe("failed");
  const rows = await fixture.tableRunsOf(runId);
  expect(rows.get("late")!.reason).toEqual({
    code: "uploadTimeout",
    text: "no files were uploaded within 1 s",
  });
  expect(rows.get("up")).toMatchObject({ state: "succeeded", rowCount: 3 });
  expect(rows.get("reader")!.state).toBe("succeeded");
  const load = [...fixture.warehouse.jobs.values()].find((job) => job.step === "load")!;
  expect(load.configuration["load"]).toMatchObject({
    sourceUris: ["gs://test-bucket/uploads/up.csv"],
  });
  await until("the uploaded file is removed", () => fixture.deps.objects.size === 0);
  await expect(deliverUpload(fixture.deps, waiting.id, ["x"])).rejects.toMatchObject({
    code: "conflict",
  });
});
