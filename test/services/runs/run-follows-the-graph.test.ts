import { afterEach, beforeEach, expect, test } from "vitest";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

async function startAll(names: Map<string, number>) {
  const tableIds = [...names.values()];
  const selection = {
    kind: "tables",
    tableIds,
    withAncestors: false,
    withDescendants: false,
  } as const;
  return startRun(fixture.deps, selection, nobody);
}

test("every table runs once, after all of its parents", async () => {
  const ids = await insertCatalog(fixture.db, [
    { name: "a" },
    { name: "b" },
    { name: "c", parents: ["a", "b"] },
    { name: "d", parents: ["c"] },
    { name: "e", parents: ["a"] },
  ]);
  fixture.warehouse.durationMs = () => 30;
  fixture.start();
  const { runId } = await startAll(ids);
  const run = await fixture.runEnded(runId);
  expect(run.state).toBe("succeeded");
  const ended = new Map([...fixture.warehouse.jobs.values()].map((job) => [job.table, job]));
  expect([...ended.keys()].sort()).toEqual(["d.a", "d.b", "d.c", "d.d", "d.e"]);
  expect(fixture.warehouse.jobs.size).toBe(5);
  const after = (child: string, parent: string) =>
    expect(ended.get(child)!.insertedAt).toBeGreaterThanOrEqual(ended.get(parent)!.doneAt);
  after("d.c", "d.a");
  after("d.c", "d.b");
  after("d.d", "d.c");
  after("d.e", "d.a");
});

test("a job is stored with its configuration, labels and figures", async () => {
  const ids = await insertCatalog(fixture.db, [
    {
      name: "a",
      partitioning: { type: "DAY", field: "day" },
      clustering: ["x"],
      costCapBytes: 1000,
    },
  ]);
  fixture.start();
  const { runId } = await startAll(ids);
  await fixture.runEnded(runId);
  const [job] = await fixture.jobs();
  const rows = await fixture.tableRunsOf(runId);
  expect(job).toMatchObject({
    bqJobId: `maestro_test_${rows.get("a")!.id}_query_1`,
    state: "succeeded",
    bytesProcessed: 1024,
    bytesBilled: 10_485_760,
    slotMs: 5,
    cacheHit: false,
  });
  const sent = fixture.warehouse.jobs.get(job!.bqJobId)!.configuration;
  expect(sent).toMatchObject({
    query: {
      query: "select 'a' as name",
      useLegacySql: false,
      writeDisposition: "WRITE_TRUNCATE",
      destinationTable: { projectId: "test", datasetId: "d", tableId: "a" },
      timePartitioning: { type: "DAY", field: "day" },
      clustering: { fields: ["x"] },
      maximumBytesBilled: "1000",
    },
    labels: { maestro_instance: "test", maestro_run: String(runId), maestro_table: "d-a" },
  });
});

test("a failure skips its descendants, names itself, and lets the rest go on", async () => {
  const ids = await insertCatalog(fixture.db, [
    { name: "bad" },
    { name: "child", parents: ["bad", "good"] },
    { name: "grandchild", parents: ["child"] },
    { name: "good" },
    { name: "other", parents: ["good"] },
  ]);
  fixture.warehouse.outcome = (job) =>
    job.table === "d.bad" ? { reason: "invalidQuery", message: "no such column at [1:8]" } : null;
  fixture.start();
  const { runId } = await startAll(ids);
  const run = await fixture.runEnded(runId);
  expect(run.state).toBe("failed");
  expect(await fixture.statesOf(runId)).toEqual({
    bad: "failed",
    child: "skipped",
    grandchild: "skipped",
    good: "succeeded",
    other: "succeeded",
  });
  const rows = await fixture.tableRunsOf(runId);
  expect(rows.get("bad")!.reason).toMatchObject({
    code: "jobFailed",
    text: "no such column at [1:8]",
  });
  expect(rows.get("grandchild")!.reason).toEqual({
    code: "parentFailed",
    text: "d.bad failed",
    tableRunId: rows.get("bad")!.id,
  });
  expect(fixture.warehouse.jobs.size).toBe(3);
});

test("a frequency's tick runs its tables; those kept out by conditions are read in their last version", async () => {
  const now = new Date();
  const otherMonth = ((now.getUTCMonth() + 6) % 12) + 1;
  const frequencyId = await insertFrequency(fixture.db, {
    periodSeconds: 86_400,
    effectiveFrom: new Date(0),
  });
  const condition = { months: [otherMonth], weekdays: [], days: [], hours: [] };
  await insertCatalog(fixture.db, [
    { name: "a", frequencyId },
    { name: "kept", parents: ["a"], frequencyId, conditions: [condition] },
    { name: "c", parents: ["kept"], frequencyId },
  ]);
  fixture.start();
  const run = await fixture.runEnded(1);
  expect(run).toMatchObject({ kind: "tick", state: "succeeded", frequencyId });
  expect(run.tickAt!.getTime() % 86_400_000).toBe(0);
  expect(await fixture.statesOf(1)).toEqual({ a: "succeeded", c: "succeeded", kept: "skipped" });
  const rows = await fixture.tableRunsOf(1);
  expect(rows.get("kept")!.reason).toMatchObject({ code: "conditionFalse" });
});
