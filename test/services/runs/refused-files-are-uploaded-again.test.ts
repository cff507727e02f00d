import { afterEach, beforeEach, expect, test } from "vitest";
import { getRun } from "../../../server/services/runs/get-run.ts";
import { loadExternal } from "../../../server/services/runs/load-external.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import type { NullJob } from "../../support/null-warehouse.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

let tableId: number;

async function upload(file: string) {
  const name = `uploads/d.up/1/${file}`;
  fixture.deps.objects.set(name, 3);
  return loadExternal(fixture.deps, { id: tableId, objects: [name] }, nobody);
}

/** A run of the table with a file at which BigQuery's load ends so. */
async function failLoad(error: { reason: string; message: string }) {
  const ids = await insertCatalog(fixture.db, [{ name: "up", kind: "external" }]);
  tableId = ids.get("up")!;
  fixture.warehouse.outcome = (job) => (filesOf(job).includes("wrong.csv") ? error : null);
  fixture.start({ ticks: false });
  const { runId } = await upload("wrong.csv");
  expect((await fixture.runEnded(runId!)).state).toBe("failed");
  return runId!;
}

function filesOf({ configuration }: NullJob): string {
  const load = configuration["load"] as { sourceUris: string[] };
  return load.sourceUris.map((uri) => uri.split("/").at(-1)).join();
}

const reasonOf = async (runId: number) =>
  (await getRun(fixture.deps, runId)).tableRuns[0]?.reason ?? null;

test("a resume waits for other files where BigQuery refused those that were uploaded", async () => {
  const runId = await failLoad({ reason: "invalid", message: "Error while reading data" });
  expect((await reasonOf(runId))?.text).toBe(
    "Error while reading data (a resume waits for other files, or these again)",
  );

  await resumeRun(fixture.deps, runId, nobody);
  await until("it waits", async () => (await reasonOf(runId))?.code === "waitingForUpload");
  expect(await upload("right.csv")).toEqual({ runId: null });
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect([...fixture.warehouse.jobs.values()].map(filesOf)).toEqual(["wrong.csv", "right.csv"]);
});

test("files that were refused are uploaded again as often as need be, also by their old names", async () => {
  const runId = await failLoad({ reason: "invalid", message: "Error while reading data" });
  await resumeRun(fixture.deps, runId, nobody);
  expect(await upload("wrong.csv")).toEqual({ runId: null });
  expect((await fixture.runEnded(runId)).state).toBe("failed");

  fixture.warehouse.outcome = () => null;
  await resumeRun(fixture.deps, runId, nobody);
  expect(await upload("wrong.csv")).toEqual({ runId: null });
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
});

test("a resume loads the same files where they were not at fault", async () => {
  const runId = await failLoad({ reason: "quotaExceeded", message: "Quota exceeded" });
  fixture.warehouse.outcome = () => null;
  await resumeRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect([...fixture.warehouse.jobs.values()].map(filesOf)).toEqual(["wrong.csv", "wrong.csv"]);
});
