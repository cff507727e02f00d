import { afterEach, beforeEach, expect, test } from "vitest";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
let faults: MaestroError[];
beforeEach(async () => {
  fixture = await openEngineFixture();
  fixture.deps.random = () => 0;
  faults = [];
  const { list } = fixture.deps.objectStore;
  fixture.deps.objectStore.list = (prefix) => {
    const fault = faults.shift();
    return fault ? Promise.reject(fault) : list(prefix);
  };
});
afterEach(() => fixture.close());

async function extract() {
  const ids = await insertCatalog(fixture.db, [{ name: "a", extract: true }]);
  fixture.deps.objects.set("extracts/d.a/1/part-000000000000.csv.gz", 10);
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.runEnded(runId);
  return runId;
}

const tableRun = async (runId: number) => (await fixture.tableRunsOf(runId)).get("a")!;

test("files that cannot be listed for the moment are listed a little later", async () => {
  const away = new MaestroError("storage", "could not list: 503", { retryable: true });
  faults = [away, away, away];
  const { state, extractObjects } = await tableRun(await extract());
  expect({ state, extractObjects }).toEqual({
    state: "succeeded",
    extractObjects: ["extracts/d.a/1/part-000000000000.csv.gz"],
  });
  expect(fixture.warehouse.jobs.size).toBe(2);
});

test("files that may not be listed fail the table run and not its job, and a resume only lists them", async () => {
  faults = [new MaestroError("storage", "could not list: no access")];
  const runId = await extract();
  const { state, reason } = await tableRun(runId);
  expect({ state, text: reason?.text }).toEqual({
    state: "failed",
    text: "its extract was written, but the files cannot be listed: could not list: no access",
  });
  expect((await fixture.jobs()).map((job) => job.state)).toEqual(["succeeded", "succeeded"]);

  await resumeRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect((await tableRun(runId)).extractObjects).toHaveLength(1);
  expect((await fixture.jobs()).map(({ step, attempt }) => [step, attempt])).toEqual([
    ["query", 1],
    ["extract", 1],
  ]);
});

/** A bucket that takes the first request to list, and never answers it. */
async function startWithHangingBucket() {
  const { objectStore } = fixture.deps;
  const { list } = objectStore;
  let asked = 0;
  objectStore.list = (prefix) => {
    asked += 1;
    return asked === 1 ? new Promise(() => undefined) : list(prefix);
  };
  const ids = await insertCatalog(fixture.db, [{ name: "a", extract: true }]);
  const engine = fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until("the bucket was asked", () => asked > 0);
  return { engine, runId };
}

test("a cancel ends the wait for a bucket that does not answer, and a resume goes on", async () => {
  const { runId } = await startWithHangingBucket();
  await cancelRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId, 8_000)).state).toBe("cancelled");
  const { reason } = await tableRun(runId);
  expect(reason?.text).toBe("cancelled before the files of its extract were listed");
  expect((await fixture.jobs()).map((job) => job.state)).toEqual(["succeeded", "succeeded"]);

  await resumeRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect(fixture.warehouse.jobs.size).toBe(2);
});

test("a daemon that waits for a bucket stops, and another goes on at once", async () => {
  const { engine, runId } = await startWithHangingBucket();
  await engine.stop();
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(runId, 8_000)).state).toBe("succeeded");
  expect(fixture.warehouse.jobs.size).toBe(2);
});
