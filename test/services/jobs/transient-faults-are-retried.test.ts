import { afterEach, beforeEach, expect, test } from "vitest";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import type { Fault } from "../../support/null-answers.ts";
import type { NullRequest } from "../../support/null-warehouse.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
  fixture.deps.random = () => 0;
});
afterEach(() => fixture.close());

async function runOne(table: { retries?: number } = {}) {
  const ids = await insertCatalog(fixture.db, [{ name: "a", ...table }]);
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  const run = await fixture.runEnded(runId);
  const reason = (await fixture.tableRunsOf(runId)).get("a")!.reason;
  return { state: run.state, reason, jobs: await fixture.jobs() };
}

/** Faults for the first requests of a kind in a phase, then none. */
function firstRequests(wanted: Partial<NullRequest>, faults: Fault[]) {
  fixture.warehouse.intercept = ({ kind, phase }) =>
    kind === wanted.kind && phase === wanted.phase ? (faults.shift() ?? null) : null;
}

const unavailable: Fault = { status: 503, reason: "backendError" };

test("a job that failed for a transient fault is made again under a new id", async () => {
  fixture.warehouse.outcome = (job) =>
    job.jobId.endsWith("_2")
      ? null
      : {
          reason: "backendError",
          message: "Error encountered during execution. Retrying may solve the problem.",
        };
  const { state, jobs } = await runOne();
  expect(state).toBe("succeeded");
  expect(jobs.map((job) => [job.attempt, job.state, job.errorReason])).toEqual([
    [1, "failed", "backendError"],
    [2, "succeeded", null],
  ]);
});

test("… as often as the table allows", async () => {
  fixture.warehouse.outcome = () => ({ reason: "rateLimitExceeded", message: "slow down" });
  const { state, jobs, reason } = await runOne({ retries: 2 });
  expect(state).toBe("failed");
  expect(jobs).toHaveLength(3);
  expect(reason).toMatchObject({ code: "jobFailed", text: "slow down (attempt 3 of 3)" });
});

test("… or never, where it allows none", async () => {
  fixture.warehouse.outcome = () => ({ reason: "backendError", message: "slow down" });
  const { state, jobs } = await runOne({ retries: 0 });
  expect(state).toBe("failed");
  expect(jobs).toHaveLength(1);
});

test("a script whose statements have run is not repeated, and the reason says why", async () => {
  fixture.warehouse.outcome = () => ({ reason: "backendError", message: "slow down" });
  fixture.warehouse.statistics = () => ({
    numChildJobs: "2",
    query: { statementType: "SCRIPT", totalBytesBilled: "10485760" },
  });
  const { state, jobs, reason } = await runOne();
  expect(state).toBe("failed");
  expect(jobs).toHaveLength(1);
  expect(reason?.text).toMatch(/^slow down \(statements of the script were carried out/);
});

test("a script that failed before its first statement is repeated", async () => {
  fixture.warehouse.outcome = (job) =>
    job.jobId.endsWith("_1") ? { reason: "backendError", message: "slow down" } : null;
  fixture.warehouse.statistics = () => ({ query: { statementType: "SCRIPT" } });
  expect((await runOne()).state).toBe("succeeded");
});

test.each(["quotaExceeded", "accessDenied", "invalidQuery", "resourcesExceeded", "stopped"])(
  "%s is not retried",
  async (reason) => {
    fixture.warehouse.outcome = () => ({ reason, message: "no" });
    const { state, jobs } = await runOne();
    expect(state).toBe("failed");
    expect(jobs).toHaveLength(1);
  },
);

test("an insert that is answered 503 is repeated under the same id", async () => {
  firstRequests({ kind: "insert", phase: "before" }, [unavailable, unavailable, unavailable]);
  const { state, jobs } = await runOne();
  expect(state).toBe("succeeded");
  expect(jobs).toHaveLength(1);
  expect(fixture.warehouse.jobs.size).toBe(1);
});

test("an insert whose connection is cut after it was done is adopted", async () => {
  firstRequests({ kind: "insert", phase: "after" }, ["cut"]);
  const { state } = await runOne();
  expect(state).toBe("succeeded");
  expect(fixture.warehouse.jobs.size).toBe(1);
  const inserts = fixture.warehouse.requests.filter((request) => request.kind === "insert");
  expect(inserts.map((request) => request.subject)).toEqual([
    "maestro_test_1_query_1",
    "maestro_test_1_query_1",
  ]);
});

test("polls that are cut or answered 503 change nothing", async () => {
  fixture.warehouse.durationMs = () => 50;
  const faults: Fault[] = [unavailable, "cut", { status: 500, reason: "internalError" }];
  fixture.warehouse.intercept = ({ kind, phase }) =>
    (kind === "await" || kind === "get") && phase === "before" ? (faults.shift() ?? null) : null;
  const { state, jobs } = await runOne();
  expect(state).toBe("succeeded");
  expect(jobs).toHaveLength(1);
});

test("a job that may not be read while it runs is asked for until it is done", async () => {
  fixture.warehouse.durationMs = () => 50;
  const denied: Fault = { status: 403, reason: "accessDenied" };
  const faults: Fault[] = [denied, denied, { status: 401, reason: "authError" }, denied];
  fixture.warehouse.intercept = ({ kind, phase }) =>
    (kind === "await" || kind === "get") && phase === "before" ? (faults.shift() ?? null) : null;
  const { state, jobs } = await runOne();
  expect(state).toBe("succeeded");
  expect(faults).toEqual([]);
  expect(jobs).toHaveLength(1);
});

test("a refused insert fails at once, with BigQuery's words and what to grant", async () => {
  const denied: Fault = {
    status: 403,
    reason: "accessDenied",
    message: "Access Denied: Project p",
  };
  firstRequests({ kind: "insert", phase: "before" }, [denied]);
  const { state, jobs, reason } = await runOne();
  expect(state).toBe("failed");
  expect(reason?.text).toMatch(/^Access Denied: Project p \(grant .*bigquery\.jobUser/);
  expect(jobs.map((job) => [job.state, job.errorReason])).toEqual([["failed", "accessDenied"]]);
  expect(fixture.warehouse.jobs.size).toBe(0);
});

test("a job that BigQuery lost is an error, and is not made a second time", async () => {
  fixture.warehouse.durationMs = () => 30;
  fixture.warehouse.intercept = ({ kind, subject }) => {
    if (kind === "await") fixture.warehouse.lose(subject);
    return null;
  };
  const { state, jobs, reason } = await runOne();
  expect(state).toBe("failed");
  expect(reason?.text).toMatch(/no (longer has the )?job maestro_test_1_query_1/);
  expect(jobs).toHaveLength(1);
});

test("a job of another configuration under our id is left alone", async () => {
  fixture.warehouse.intercept = async ({ kind, subject, phase }) => {
    if (kind !== "insert" || phase !== "before" || fixture.warehouse.jobs.size > 0) return null;
    fixture.warehouse.jobs.set(subject, {
      jobId: subject,
      configuration: { query: {}, labels: { maestro_config: "another" } },
      table: "d.a",
      step: "query",
      insertedAt: Date.now(),
      doneAt: Date.now(),
      error: null,
      isCancelled: false,
    });
    return null;
  };
  const { state, reason } = await runOne();
  expect(state).toBe("failed");
  expect(reason?.text).toMatch(/another installation/);
});
