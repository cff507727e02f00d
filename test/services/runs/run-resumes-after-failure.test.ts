import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { databases, tables } from "../../../drizzle/schema/tables.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { auditLog } from "../../../drizzle/schema/users.ts";
import { type Assembled, assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
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
  await resumeRun(fixture.deps, runId, nobody);
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
  await resumeRun(fixture.deps, runId, nobody);
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

  await resumeRun(fixture.deps, runId, nobody);
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
  await expect(resumeRun(fixture.deps, runId, nobody)).rejects.toMatchObject({ code: "conflict" });
  fixture.start();
  await fixture.runEnded(runId);
  await expect(resumeRun(fixture.deps, runId, nobody)).rejects.toThrow(/was succeeded/);
  await expect(resumeRun(fixture.deps, 999, nobody)).rejects.toMatchObject({ code: "notFound" });
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
  await expect(resumeRun(fixture.deps, first.runId, nobody)).rejects.toThrow(
    `run ${second.runId} of the same`,
  );
  await expect(
    startRun(fixture.deps, { kind: "frequency", frequencyId }, nobody),
  ).rejects.toMatchObject({ code: "conflict" });
});

test("a second resume changes nothing while the run goes on, and is refused once it fails again", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }, { name: "b" }]);
  fixture.warehouse.outcome = () => ({ reason: "invalidQuery", message: "bad" });
  const engine = fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.runEnded(runId);
  await engine.stop();
  expect(await resumeRun(fixture.deps, runId, nobody)).toEqual({ changed: true });
  expect(await resumeRun(fixture.deps, runId, nobody)).toEqual({ changed: false });
  expect(await fixture.statesOf(runId)).toEqual({ a: "ready", b: "ready" });
  expect(await fixture.db.$count(auditLog, eq(auditLog.action, "run.resume"))).toBe(1);
  fixture.warehouse.durationMs = (job) => (job.table === "d.b" ? 600_000 : 0);
  fixture.start();
  await until("a has failed again", async () => (await fixture.statesOf(runId))["a"] === "failed");
  await expect(resumeRun(fixture.deps, runId, nobody)).rejects.toThrow(
    `run ${runId} has not ended: resume it when it has`,
  );
});

test("a table that was deleted meanwhile is left out, and its children read its last version", async () => {
  const ids = await insertCatalog(fixture.db, [
    { name: "gone" },
    { name: "child", parents: ["gone"] },
    { name: "other" },
  ]);
  fixture.warehouse.outcome = ({ table }) =>
    table === "d.child" ? null : { reason: "invalidQuery", message: "bad" };
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.runEnded(runId);
  fixture.warehouse.outcome = () => null;
  await fixture.db.update(tables).set({ deletedAt: new Date() }).where(eq(tables.name, "gone"));
  await resumeRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  const rows = await fixture.tableRunsOf(runId);
  expect(rows.get("gone")).toMatchObject({ state: "skipped", reason: { code: "tableDeleted" } });
  expect([rows.get("child")!.state, rows.get("other")!.state]).toEqual(["succeeded", "succeeded"]);
});

test("where only deleted tables are left to run, resume says so and changes nothing", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "gone" }]);
  fixture.warehouse.outcome = failing("d.gone");
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.runEnded(runId);
  await fixture.db.update(tables).set({ deletedAt: new Date() });
  await expect(resumeRun(fixture.deps, runId, nobody)).rejects.toThrow("its tables were deleted");
  expect(await fixture.statesOf(runId)).toEqual({ gone: "failed" });
});

/** Again while the frequency is locked, as the ticker does. */
async function tick(frequencyId: number, at: Date): Promise<Assembled> {
  for (;;) {
    const assembled = await assembleRun(fixture.deps, frequencyId, at);
    if (!("isLocked" in assembled)) return assembled;
  }
}

test("of a resume and a tick of the same frequency at one time, one is refused in a sentence", async () => {
  const frequencyId = await insertFrequency(fixture.db, { effectiveFrom: new Date(0) });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId }]);
  const day = (at: number) => new Date(Date.UTC(2026, 0, 1 + at));
  for (let at = 0; at < 10; at += 1) {
    const assembled = await assembleRun(fixture.deps, frequencyId, day(2 * at));
    if (assembled.kind !== "started") throw new Error("the tick made no run");
    const { runId } = assembled;
    await cancelRun(fixture.deps, runId, nobody);
    const [resumed, ticked] = await Promise.allSettled([
      resumeRun(fixture.deps, runId, nobody),
      tick(frequencyId, day(2 * at + 1)),
    ]);
    expect(ticked).toMatchObject({ status: "fulfilled" });
    const next = ticked.status === "fulfilled" ? ticked.value : null;
    if (resumed.status === "fulfilled") expect(next).toMatchObject({ kind: "skipped" });
    else expect(resumed.reason).toMatchObject({ code: "conflict" });
    const unfinished = resumed.status === "fulfilled" ? runId : runId + 1;
    await cancelRun(fixture.deps, unfinished, nobody);
  }
});
