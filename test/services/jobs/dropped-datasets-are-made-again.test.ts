import { afterEach, beforeEach, expect, test } from "vitest";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";

const dropped = { reason: "notFound", message: "Not found: Dataset test:d was not found" };

let fixture: EngineFixture;
let ids: Map<string, number>;
beforeEach(async () => {
  fixture = await openEngineFixture();
  fixture.deps.random = () => 0;
  ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  fixture.start({ ticks: false });
  // From here on the dataset is known.
  expect(await runOnce()).toBe("succeeded");
  fixture.warehouse.requests.length = 0;
});
afterEach(() => fixture.close());

async function runOnce() {
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  return (await fixture.runEnded(runId)).state;
}

const requests = (kind: string) =>
  fixture.warehouse.requests.filter((request) => request.kind === kind).length;

test("a job that is refused because its dataset was dropped is taken once that is made again", async () => {
  let refusals = 1;
  fixture.warehouse.intercept = ({ kind, phase }) => {
    if (kind !== "insert" || phase === "after" || refusals === 0) return null;
    refusals -= 1;
    return { status: 404, ...dropped };
  };
  expect(await runOnce()).toBe("succeeded");
  expect({ datasets: requests("dataset"), inserts: requests("insert") }).toEqual({
    datasets: 1,
    inserts: 2,
  });
});

test("a job that ends so is followed by another attempt, in the dataset made again", async () => {
  fixture.warehouse.outcome = ({ jobId }) => (jobId.endsWith("_1") ? dropped : null);
  expect(await runOnce()).toBe("succeeded");
  expect(requests("dataset")).toBe(1);
  expect((await fixture.jobs()).slice(1).map(({ attempt, state }) => [attempt, state])).toEqual([
    [1, "failed"],
    [2, "succeeded"],
  ]);
});

test("a job whose source is in no dataset fails at once", async () => {
  const message = "Not found: Dataset test:other was not found";
  fixture.warehouse.outcome = () => ({ reason: "notFound", message });
  expect(await runOnce()).toBe("failed");
  expect((await fixture.jobs()).length).toBe(2);
});

test("an insert that is answered 404 again and again fails with the reason", async () => {
  fixture.warehouse.intercept = ({ kind, phase }) =>
    kind === "insert" && phase === "before" ? { status: 404, ...dropped } : null;
  expect(await runOnce()).toBe("failed");
  expect(requests("insert")).toBe(2);
});
