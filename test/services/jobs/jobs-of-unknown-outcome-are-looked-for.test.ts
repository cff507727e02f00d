import { afterEach, beforeEach, expect, test } from "vitest";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import type { TableDefinitionInput } from "../../../shared/table.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import type { Fault } from "../../support/null-answers.ts";
import type { NullRequest, RequestKind } from "../../support/null-warehouse.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
  fixture.deps.random = () => 0;
});
afterEach(() => fixture.close());

const noQuota: Fault = { status: 403, reason: "quotaExceeded", message: "Quota exceeded" };
const unavailable: Fault = { status: 503, reason: "backendError", message: "Away" };
const absent: Fault = { status: 404, reason: "notFound", message: "Not found: Job" };

/** Answers the requests of a kind and phase with these one after another, then as they are. */
type Script = Partial<Record<`${RequestKind} ${NullRequest["phase"]}`, Fault[]>>;

function answer(script: Script) {
  fixture.warehouse.intercept = ({ kind, phase }) => script[`${kind} ${phase}`]?.shift() ?? null;
}

async function startOne(table: Partial<TableDefinitionInput> = {}) {
  const ids = await insertCatalog(fixture.db, [{ name: "a", ...table }]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  return runId;
}

async function ended(runId: number) {
  const { state } = await fixture.runEnded(runId);
  const reason = (await fixture.tableRunsOf(runId)).get("a")!.reason?.text ?? "";
  return { state, reason, jobs: [...fixture.warehouse.jobs.keys()] };
}

const asked = (kind: RequestKind) =>
  fixture.warehouse.requests.filter((request) => request.kind === kind).length;

test("an insert that is cut after it was done, and refused when repeated, is adopted", async () => {
  answer({
    "insert after": ["cut"],
    "insert before": [null, noQuota],
    "get before": [unavailable],
  });
  fixture.start({ ticks: false });
  expect(await ended(await startOne())).toMatchObject({
    state: "succeeded",
    jobs: ["maestro_test_1_query_1"],
  });
});

test("an insert that a stopped daemon has made, and that is refused to the next, is adopted", async () => {
  let hasStopped = false;
  fixture.warehouse.intercept = ({ kind, phase }) => {
    if (kind !== "insert") return null;
    if (hasStopped) return phase === "before" ? noQuota : null;
    return phase === "after" ? new Promise<Fault>(() => undefined) : null;
  };
  const first = fixture.start({ ticks: false });
  const runId = await startOne();
  await until("BigQuery has the job", () => fixture.warehouse.jobs.size === 1);
  await first.stop();
  hasStopped = true;
  fixture.start({ ticks: false });
  expect(await ended(runId)).toMatchObject({ state: "succeeded" });
});

test("an insert that arrives after its run was cancelled is what a resume goes on with", async () => {
  fixture.warehouse.durationMs = () => 300;
  let arrive: (() => void) | undefined;
  fixture.warehouse.intercept = ({ kind, phase }) => {
    if (kind !== "insert" || phase === "after" || arrive) return null;
    return new Promise<Fault>((resolve) => {
      arrive = () => resolve(null);
    });
  };
  const first = fixture.start({ ticks: false });
  const runId = await startOne({ disposition: "append" });
  await until("the insert is on its way", () => arrive !== undefined);
  await first.stop();
  await cancelRun(fixture.deps, runId, nobody);
  fixture.start({ ticks: false });
  const { state, reason } = await ended(runId);
  expect(state).toBe("cancelled");
  expect(reason).toMatch(/before BigQuery showed the job maestro_test_1_query_1/);

  arrive?.();
  await until("BigQuery has the job", () => fixture.warehouse.jobs.size === 1);
  await resumeRun(fixture.deps, runId, nobody);
  expect(await ended(runId)).toMatchObject({
    state: "succeeded",
    jobs: ["maestro_test_1_query_1"],
  });
});

test.each(["null", "<html>", "[]", ""])(
  "%j for an answer is none: the call is made again, and no second job",
  async (text) => {
    answer({
      "insert after": [{ text }],
      "get after": [{ text }],
      "await after": [{ text }],
      "dataset before": [{ text }],
    });
    fixture.start({ ticks: false });
    expect(await ended(await startOne())).toMatchObject({
      state: "succeeded",
      jobs: ["maestro_test_1_query_1"],
    });
  },
);

test("a job that a fault of our own kept us from following is what a resume goes on with", async () => {
  fixture.warehouse.durationMs = () => 300;
  const { warehouse } = fixture.deps;
  const { awaitQuery } = warehouse;
  warehouse.awaitQuery = () => Promise.reject(new TypeError("undefined is not a function"));
  fixture.start({ ticks: false });
  const runId = await startOne({ disposition: "append" });
  const { state, reason } = await ended(runId);
  expect(state).toBe("failed");
  expect(reason).toMatch(/job maestro_test_1_query_1: undefined is not.* a resume looks for it/);

  warehouse.awaitQuery = awaitQuery;
  await resumeRun(fixture.deps, runId, nobody);
  expect(await ended(runId)).toMatchObject({
    state: "succeeded",
    jobs: ["maestro_test_1_query_1"],
  });
});

test("a refusal after a fault is believed once BigQuery has said often enough that it has no job", async () => {
  answer({ "insert before": [unavailable, ...Array<Fault>(9).fill(noQuota)] });
  fixture.start({ ticks: false });
  const { state, reason, jobs } = await ended(await startOne());
  expect({ state, jobs }).toEqual({ state: "failed", jobs: [] });
  expect(reason).toMatch(/^Quota exceeded/);
  expect(asked("get")).toBe(4);
});

test("a refusal of the only insert is believed at once", async () => {
  answer({ "insert before": [noQuota] });
  fixture.start({ ticks: false });
  expect((await ended(await startOne())).state).toBe("failed");
  expect([asked("insert"), asked("get")]).toEqual([1, 0]);
});

test("a job that BigQuery says it has, and does not show for a moment, is adopted", async () => {
  answer({ "insert after": ["cut"], "get before": Array<Fault>(5).fill(absent) });
  fixture.start({ ticks: false });
  expect((await ended(await startOne())).state).toBe("succeeded");
  expect(fixture.warehouse.jobs.size).toBe(1);
});

test("… and is an error if it is never shown", async () => {
  fixture.warehouse.intercept = ({ kind, phase }) => {
    if (kind === "get" && phase === "before") return absent;
    return kind === "insert" && phase === "after" && asked("insert") === 1 ? "cut" : null;
  };
  fixture.start({ ticks: false });
  const { state, reason } = await ended(await startOne());
  expect(state).toBe("failed");
  expect(reason).toMatch(/says that it has, and does not show, the job maestro_test_1_query_1/);
});

test("a running job that BigQuery does not see for a moment is waited for", async () => {
  fixture.warehouse.durationMs = () => 200;
  const hidden = () => Array<Fault>(3).fill(absent);
  answer({ "await before": hidden(), "get before": hidden() });
  fixture.start({ ticks: false });
  expect((await ended(await startOne())).state).toBe("succeeded");
});

/** Fails because BigQuery shows its running job no more. */
async function loseOne(table: Partial<TableDefinitionInput> = {}) {
  fixture.warehouse.durationMs = () => 300;
  fixture.warehouse.intercept = ({ kind, phase }) =>
    (kind === "await" || kind === "get") && phase === "before" ? absent : null;
  fixture.start({ ticks: false });
  const runId = await startOne(table);
  const { state, reason } = await ended(runId);
  expect(state).toBe("failed");
  fixture.warehouse.intercept = () => null;
  return { runId, reason };
}

test("a resume waits for a lost job that BigQuery shows again, and makes no other", async () => {
  const { runId, reason } = await loseOne();
  expect(reason).toMatch(/no longer has the job maestro_test_1_query_1: what it did is not known/);
  await resumeRun(fixture.deps, runId, nobody);
  expect(await ended(runId)).toMatchObject({
    state: "succeeded",
    jobs: ["maestro_test_1_query_1"],
  });
  expect((await fixture.jobs()).map(({ state, error }) => [state, error])).toEqual([
    ["succeeded", null],
  ]);
});

test("a resume makes another job where BigQuery still has none, after saying what that may double", async () => {
  const { runId, reason } = await loseOne({ disposition: "append" });
  expect(reason).toMatch(/may have added its rows to the table, and a resume adds them again/);
  fixture.warehouse.lose("maestro_test_1_query_1");
  await resumeRun(fixture.deps, runId, nobody);
  expect(await ended(runId)).toMatchObject({
    state: "succeeded",
    jobs: ["maestro_test_1_query_2"],
  });
});

test("a resume while BigQuery is away goes on, and the job is found when it is back", async () => {
  const { runId } = await loseOne();
  answer({ "get before": Array<Fault>(3).fill(unavailable) });
  await resumeRun(fixture.deps, runId, nobody);
  expect(await ended(runId)).toMatchObject({
    state: "succeeded",
    jobs: ["maestro_test_1_query_1"],
  });
});

test("the loss of a script, which says itself what it writes, says the same", async () => {
  const query = "CREATE OR REPLACE TABLE d.a AS SELECT 1 x; INSERT d.a VALUES (2)";
  expect((await loseOne({ query })).reason).toMatch(/may have added its rows/);
});
