import { afterEach, beforeEach, expect, test } from "vitest";
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

  await cancelRun(fixture.deps, runId);
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
  await resumeRun(fixture.deps, runId);
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
  await cancelRun(fixture.deps, runId);
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  expect(refusals).toEqual([]);
});

test("a run that nobody drives is cancelled at once", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }, { name: "up", kind: "external" }]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await cancelRun(fixture.deps, runId);
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  await cancelRun(fixture.deps, runId);
  await expect(cancelRun(fixture.deps, 999)).rejects.toMatchObject({ code: "notFound" });
});
