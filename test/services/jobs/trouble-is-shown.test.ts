import { afterEach, beforeEach, expect, test } from "vitest";
import { getRun } from "../../../server/services/runs/get-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import type { Fault } from "../../support/null-answers.ts";
import type { RequestKind } from "../../support/null-warehouse.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
  fixture.deps.random = () => 0.05;
});
afterEach(() => fixture.close());

async function startOne() {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  const reason = async () => (await getRun(fixture.deps, runId)).tableRuns[0]?.reason;
  return { runId, reason };
}

/** Until it is set to null again. */
function answer(kinds: RequestKind[]) {
  const fault: { now: Fault } = { now: { status: 503, reason: "backendError", message: "Away" } };
  fixture.warehouse.intercept = ({ kind, phase }) =>
    kinds.includes(kind) && phase === "before" ? fault.now : null;
  return fault;
}

test("a table run says since when BigQuery does not take its job, until it does", async () => {
  const fault = answer(["insert"]);
  fixture.start({ ticks: false });
  const { runId, reason } = await startOne();
  await until("the row says so", async () => (await reason())?.code === "warehouseAway");
  expect((await reason())?.text).toMatch(
    /^BigQuery does not answer \(Away\), asking again since \d{4}-\d\d-\d\d \d\d:\d\d UTC$/,
  );
  fault.now = { status: 503, reason: "backendError", message: "Further away" };
  await until("the row says what is new", async () =>
    /Further away/.test((await reason())?.text ?? ""),
  );

  fixture.warehouse.durationMs = () => 600_000;
  fault.now = null;
  await until("the row says that it goes on", async () => (await reason())?.code === "working");
  expect((await fixture.tableRunsOf(runId)).get("a")?.state).toBe("running");
});

test("where BigQuery asks for a long pause, the table run says until when", async () => {
  fixture.warehouse.intercept = ({ kind, phase }) =>
    kind === "insert" && phase === "before"
      ? { status: 503, reason: "backendError", message: "Away", retryAfterSeconds: 600 }
      : null;
  fixture.start({ ticks: false });
  const { reason } = await startOne();
  await until("the row says so", async () => (await reason())?.code === "warehouseAway");
  expect((await reason())?.text).toMatch(
    /asking again since .* UTC, next at \d{4}-\d\d-\d\d \d\d:\d\d UTC as it asks$/,
  );
});

test("a job that BigQuery may not show us says so, also to who takes it over", async () => {
  fixture.warehouse.durationMs = () => 600_000;
  const fault = answer(["await", "get"]);
  const first = fixture.start({ ticks: false });
  const { reason } = await startOne();
  await until("the row says so", async () => (await reason())?.code === "warehouseAway");
  await first.stop();
  fault.now = null;
  fixture.start({ ticks: false });
  await until("the row says that it goes on", async () => (await reason())?.code === "working");
});
