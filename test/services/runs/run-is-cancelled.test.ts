import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tableRuns } from "../../../drizzle/schema/runs.ts";
import { databases } from "../../../drizzle/schema/tables.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { auditLog } from "../../../drizzle/schema/users.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { deliverUpload } from "../../../server/services/runs/deliver-upload.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

test("cancel stops BigQuery's jobs and all that has not begun; resume goes on from there", async () => {
  const ids = await insertCatalog(fixture.db, [
    { name: "done" },
    { name: "long", parents: ["done"] },
    { name: "child", parents: ["long"] },
  ]);
  fixture.warehouse.durationMs = (job) => (job.table === "d.long" ? 600_000 : 0);
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until("the long job runs", () => fixture.warehouse.jobs.size === 2);

  await cancelRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  expect(await fixture.statesOf(runId)).toEqual({
    child: "cancelled",
    done: "succeeded",
    long: "cancelled",
  });
  const long = [...fixture.warehouse.jobs.values()].find((job) => job.table === "d.long")!;
  expect(long.isCancelled).toBe(true);
  expect((await fixture.jobs()).map((job) => job.state)).toEqual(["succeeded", "cancelled"]);

  fixture.warehouse.durationMs = () => 0;
  await resumeRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect(fixture.warehouse.jobs.size).toBe(4);
});

test("a cancel that BigQuery refuses for now is sent again while the job runs", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "up", kind: "external" }]);
  fixture.warehouse.durationMs = () => 600_000;
  const refusals = [403, 401];
  fixture.warehouse.intercept = ({ kind, phase }) => {
    const status = kind === "cancel" && phase === "before" ? refusals.shift() : undefined;
    return status ? { status, reason: "accessDenied" } : null;
  };
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  const { id } = (await fixture.tableRunsOf(runId)).get("up")!;
  fixture.deps.objects.set("uploads/up.csv", 3);
  await deliverUpload(fixture.deps, id, ["uploads/up.csv"]);
  await until("the load runs", () => fixture.warehouse.jobs.size === 1);
  await cancelRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  expect(refusals).toEqual([]);
});

test("a run that nobody drives is cancelled at once", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }, { name: "up", kind: "external" }]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  expect(await cancelRun(fixture.deps, runId, nobody)).toEqual({ changed: true, state: "running" });
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  await expect(cancelRun(fixture.deps, 999, nobody)).rejects.toMatchObject({ code: "notFound" });
});

test("a second cancel changes nothing, and says in what state it found the run", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  fixture.warehouse.durationMs = () => 600_000;
  fixture.warehouse.intercept = ({ kind }) =>
    kind === "cancel" && isHeld ? { status: 403, reason: "accessDenied" } : null;
  let isHeld = true;
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until("the job runs", () => fixture.warehouse.jobs.size === 1);
  expect(await cancelRun(fixture.deps, runId, nobody)).toEqual({ changed: true, state: "running" });
  expect(await cancelRun(fixture.deps, runId, nobody)).toEqual({
    changed: false,
    state: "running",
  });
  await expect(resumeRun(fixture.deps, runId, nobody)).rejects.toThrow("is being cancelled");
  isHeld = false;
  const ended = await fixture.runEnded(runId);
  expect(ended.state).toBe("cancelled");
  expect(ended.steering).toHaveLength(1);
  expect(await cancelRun(fixture.deps, runId, nobody)).toEqual({
    changed: false,
    state: "cancelled",
  });
  expect(await fixture.db.$count(auditLog, eq(auditLog.action, "run.cancel"))).toBe(1);
});

test("what waits for a room or for files is cancelled at once, and its transfer with it", async () => {
  const [database] = await fixture.db
    .insert(databases)
    .values({ name: "s", kind: "postgres", host: "h", port: 1, database: "s", username: "u" })
    .returning();
  const ids = await insertCatalog(fixture.db, [
    { name: "up", kind: "external" },
    { name: "queued", kind: "import", importDatabaseId: database!.id },
    { name: "claimed", kind: "import", importDatabaseId: database!.id },
    { name: "below", parents: ["up", "queued"] },
  ]);
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until("both transfers are queued", async () => (await fixture.db.$count(transfers)) === 2);
  await fixture.db
    .update(transfers)
    .set({ state: "running", leaseOwner: "room", leaseUntil: new Date(Date.now() + 60_000) })
    .where(eq(transfers.tableId, ids.get("claimed")!));

  await cancelRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  expect(new Set(Object.values(await fixture.statesOf(runId)))).toEqual(new Set(["cancelled"]));
  const left = await fixture.db.select().from(transfers).orderBy(transfers.tableId);
  expect(left.map(({ state, cancelRequestedAt }) => [state, cancelRequestedAt !== null])).toEqual([
    ["cancelled", true],
    ["running", true],
  ]);
});

test("a run whose daemon is dead ends cancelled as soon as another daemon lives", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }, { name: "b", parents: ["a"] }]);
  fixture.warehouse.durationMs = () => 600_000;
  const dead = fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until("the job runs", () => fixture.warehouse.jobs.size === 1);
  await dead.stop();
  // As a killed daemon leaves it, which hands nothing back.
  await fixture.db
    .update(tableRuns)
    .set({ leaseUntil: new Date(Date.now() + 10_000) })
    .where(eq(tableRuns.state, "running"));
  await cancelRun(fixture.deps, runId, nobody);
  expect(await fixture.statesOf(runId)).toEqual({ a: "running", b: "cancelled" });
  fixture.start();
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  expect(await fixture.statesOf(runId)).toEqual({ a: "cancelled", b: "cancelled" });
  expect([...fixture.warehouse.jobs.values()].map((job) => job.isCancelled)).toEqual([true]);
});
