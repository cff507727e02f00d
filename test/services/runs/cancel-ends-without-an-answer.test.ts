import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runs } from "../../../drizzle/schema/runs.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import type { Fault } from "../../support/null-answers.ts";
import { until } from "../../support/until.ts";

const denied: Fault = { status: 403, reason: "accessDenied", message: "Access Denied" };
const away: Fault = { status: 503, reason: "backendError", message: "Away" };

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
  fixture.deps.random = () => 0;
});
afterEach(() => fixture.close());

/** A run whose job runs on in BigQuery, about which it answers nothing but this from here on. */
async function startSilenced(fault: Fault) {
  const ids = await insertCatalog(fixture.db, [{ name: "a", disposition: "append" }]);
  fixture.warehouse.durationMs = () => 600_000;
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until(
    "the job is known to run",
    async () => (await fixture.jobs())[0]?.state === "running",
  );
  fixture.warehouse.intercept = () => fault;
  return runId;
}

async function cancelledAgo(runId: number, seconds: number) {
  await cancelRun(fixture.deps, runId, nobody);
  const at = sql`clock_timestamp() - make_interval(secs => ${seconds})`;
  await fixture.db.update(runs).set({ cancelRequestedAt: at });
  fixture.deps.changes.publish({ noun: "run", id: runId, runId });
}

test.each([
  { fault: denied, seconds: 121 },
  { fault: away, seconds: 601 },
])(
  "a cancelled run ends although BigQuery answers $fault.status about its job for good",
  async ({ fault, seconds }) => {
    const runId = await startSilenced(fault);
    await cancelledAgo(runId, seconds);
    expect((await fixture.runEnded(runId)).state).toBe("cancelled");
    const { state, reason } = (await fixture.tableRunsOf(runId)).get("a")!;
    expect({ state, code: reason?.code }).toEqual({ state: "cancelled", code: "cancelled" });
    expect(reason?.text).toMatch(
      /its job maestro_test_1_query_1 has ended \((Access Denied|Away).*\): it may still run in BigQuery/,
    );
    expect((await fixture.jobs()).map((job) => job.state)).toEqual(["cancelled"]);
  },
);

test("a cancelled run waits for an answer that may come yet", async () => {
  const runId = await startSilenced(away);
  await cancelledAgo(runId, 121);
  const asked = fixture.warehouse.requests.length;
  await until("it is asked again", () => fixture.warehouse.requests.length > asked + 8);
  expect(await fixture.statesOf(runId)).toEqual({ a: "running" });
  fixture.warehouse.intercept = () => null;
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  expect([...fixture.warehouse.jobs.values()][0]?.isCancelled).toBe(true);
});

test("a resume goes on with a job that did run on, and starts none beside it", async () => {
  const runId = await startSilenced(denied);
  await cancelledAgo(runId, 121);
  await fixture.runEnded(runId);
  fixture.warehouse.intercept = () => null;
  [...fixture.warehouse.jobs.values()][0]!.doneAt = Date.now();
  await resumeRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect([...fixture.warehouse.jobs.keys()]).toEqual(["maestro_test_1_query_1"]);
});

test("a resume runs the table again where the job may not be read for good", async () => {
  const runId = await startSilenced(denied);
  await cancelledAgo(runId, 121);
  await fixture.runEnded(runId);
  const isOld = (subject: string) => subject === "maestro_test_1_query_1";
  fixture.warehouse.intercept = ({ subject }) => (isOld(subject) ? denied : null);
  fixture.warehouse.durationMs = () => 0;
  await resumeRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect(fixture.warehouse.jobs.size).toBe(2);
});
