import { afterEach, beforeEach, expect, test } from "vitest";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { databases } from "../../../drizzle/schema/tables.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
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

const failing = (table: string) => (job: { table: string }) =>
  job.table === table ? { reason: "invalidQuery", message: "bad" } : null;

test("resume runs again what failed and what was skipped, and nothing that succeeded", async () => {
  const ids = await insertCatalog(fixture.db, [
    { name: "good" },
    { name: "bad", parents: ["good"] },
    { name: "child", parents: ["bad"] },
  ]);
  fixture.warehouse.outcome = failing("d.bad");
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  expect((await fixture.runEnded(runId)).state).toBe("failed");

  fixture.warehouse.outcome = () => null;
  await resumeRun(fixture.deps, runId);
  expect(await fixture.runEnded(runId)).toMatchObject({ state: "succeeded", resumedCount: 1 });
  expect(
    (await fixture.jobs()).map((job) => [job.bqJobId.split("_").slice(2).join("_"), job.state]),
  ).toEqual([
    ["1_query_1", "succeeded"],
    ["2_query_1", "failed"],
    ["2_query_2", "succeeded"],
    ["3_query_1", "succeeded"],
  ]);
});

test("where the extract failed, resume extracts and does not query again", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a", extract: true }]);
  fixture.warehouse.outcome = (job) =>
    job.step === "extract" ? { reason: "accessDenied", message: "no bucket" } : null;
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  expect((await fixture.runEnded(runId)).state).toBe("failed");

  fixture.warehouse.outcome = () => null;
  fixture.deps.objects.set(`extracts/d.a/1/part-000000000000.csv.gz`, 10);
  await resumeRun(fixture.deps, runId);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect((await fixture.jobs()).map((job) => [job.step, job.attempt])).toEqual([
    ["query", 1],
    ["extract", 1],
    ["extract", 2],
  ]);
  const row = (await fixture.tableRunsOf(runId)).get("a")!;
  expect(row.extractObjects).toEqual(["extracts/d.a/1/part-000000000000.csv.gz"]);
});

test("an import whose load failed imports anew, also where its files are staged", async () => {
  const [database] = await fixture.db
    .insert(databases)
    .values({ name: "s", kind: "postgres", host: "h", port: 1, database: "s", username: "u" })
    .returning();
  const ids = await insertCatalog(fixture.db, [
    { name: "a", kind: "import", importDatabaseId: database!.id },
  ]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  const { id, tableId } = (await fixture.tableRunsOf(runId)).get("a")!;
  await fixture.db.insert(transfers).values({
    tableRunId: id,
    tableId,
    kind: "import",
    state: "succeeded",
    endedAt: new Date(),
  });
  await fixture.db.update(tableRuns).set({ state: "failed", step: "load", endedAt: new Date() });
  await fixture.db.update(runs).set({ state: "failed", endedAt: new Date() });

  await resumeRun(fixture.deps, runId);
  expect((await fixture.tableRunsOf(runId)).get("a")).toMatchObject({
    state: "ready",
    step: "import",
  });
  fixture.start({ ticks: false });
  await until("the transfer is queued again", async () => {
    const [transfer] = await fixture.db.select().from(transfers);
    return transfer?.state === "queued";
  });
  expect(fixture.warehouse.jobs.size).toBe(0);
});

test("a run that succeeded, or still runs, is not resumed, and the message says why", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await expect(resumeRun(fixture.deps, runId)).rejects.toMatchObject({ code: "conflict" });
  fixture.start();
  await fixture.runEnded(runId);
  await expect(resumeRun(fixture.deps, runId)).rejects.toThrow(/was succeeded/);
  await expect(resumeRun(fixture.deps, 999)).rejects.toMatchObject({ code: "notFound" });
});

test("a failed run waits for the frequency's newer run before it can be resumed", async () => {
  const frequencyId = await insertFrequency(fixture.db, { active: false });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  fixture.warehouse.outcome = failing("d.a");
  fixture.start();
  const first = await startRun(fixture.deps, { kind: "frequency", frequencyId }, nobody);
  await fixture.runEnded(first.runId);
  fixture.warehouse.outcome = () => null;
  fixture.warehouse.durationMs = () => 60_000;
  const second = await startRun(fixture.deps, { kind: "frequency", frequencyId }, nobody);
  await expect(resumeRun(fixture.deps, first.runId)).rejects.toThrow(
    `run ${second.runId} of the same`,
  );
  await expect(
    startRun(fixture.deps, { kind: "frequency", frequencyId }, nobody),
  ).rejects.toMatchObject({ code: "conflict" });
});
