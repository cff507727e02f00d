import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listJobs } from "../../../server/services/jobs/list-jobs.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import type { Fault } from "../../support/null-answers.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

/** Runs independent tables; BigQuery answers the gets of the first one's job with a fault. */
async function runWhileUnreadable(names: string[], fault: () => Fault) {
  const ids = await insertCatalog(
    fixture.db,
    names.map((name) => ({ name })),
  );
  fixture.warehouse.intercept = ({ kind, phase, subject }) => {
    const isFirst = fixture.warehouse.jobs.get(subject)?.table === "d.unreadable";
    return kind === "get" && phase === "before" && isFirst ? fault() : null;
  };
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  const jobOf = async (name: string) =>
    (await listJobs(fixture.deps, { limit: 100 })).find((job) => job.tableName === `d.${name}`)!;
  await until("all but one are read", async () => {
    const jobs = await listJobs(fixture.deps, { limit: 100 });
    const read = jobs.filter((job) => job.bytesBilled !== null);
    return read.length === names.length - 1 && jobs.some((job) => job.statisticsError !== null);
  });
  return { runId, jobOf };
}

/** As if the jobs had ended so long ago. */
async function backdate(seconds: number): Promise<void> {
  await fixture.db.execute(sql`update jobs set statistics_tried_at = null,
    ended_at = ended_at - make_interval(secs => ${seconds})`);
}

const denied: Fault = { status: 403, reason: "accessDenied", message: "Access Denied: Job j" };

test("figures that BigQuery refuses are given up with the reason, and hold up no others", async () => {
  const others = Array.from({ length: 20 }, (_, index) => `other_${index}`);
  const { runId, jobOf } = await runWhileUnreadable(["unreadable", ...others], () => denied);
  const waiting = await jobOf("unreadable");
  expect(waiting).toMatchObject({ state: "succeeded", bytesBilled: null });
  expect(waiting.statisticsError).toMatch(/^Access Denied: Job j/);

  await backdate(150);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect((await jobOf("unreadable")).statisticsError).toMatch(/^Access Denied: Job j/);
});

test("figures are waited for longer where BigQuery does not answer, and read when it does", async () => {
  let fault: Fault = { status: 503, reason: "backendError" };
  const { runId, jobOf } = await runWhileUnreadable(["unreadable"], () => fault);
  await backdate(150);
  await until("it is asked for again", async () => {
    const gets = fixture.warehouse.requests.filter(({ kind }) => kind === "get");
    return gets.length > 1;
  });
  expect((await jobOf("unreadable")).bytesBilled).toBeNull();
  fault = null;
  await backdate(0);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect(await jobOf("unreadable")).toMatchObject({ statisticsError: null, bytesBilled: 10485760 });
});

test("failed and cancelled jobs keep their figures: they are billed as well", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "failing" }, { name: "long" }]);
  fixture.warehouse.outcome = (job) =>
    job.table === "d.failing" ? { reason: "invalidQuery", message: "bad" } : null;
  fixture.warehouse.durationMs = (job) => (job.table === "d.long" ? 600_000 : 0);
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until("both are submitted", () => fixture.warehouse.jobs.size === 2);
  await cancelRun(fixture.deps, runId, nobody);
  await fixture.runEnded(runId);
  const jobs = await listJobs(fixture.deps, { limit: 2 });
  expect(jobs.map((job) => [job.tableName, job.state, job.bytesBilled]).sort()).toEqual([
    ["d.failing", "failed", 10485760],
    ["d.long", "cancelled", 10485760],
  ]);
});
