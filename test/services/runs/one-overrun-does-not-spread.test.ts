import { afterEach, beforeEach, expect, test } from "vitest";
import { inTransition } from "../../../server/db/transition.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { settleAwaiting } from "../../../server/services/runs/settle-awaiting.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
/** What the warehouse says of `d.slow` is held back until it is called. */
let release: () => void;
let first: number;
let second: number;

beforeEach(async () => {
  fixture = await openEngineFixture();
  const hourly = { periodSeconds: 3_600, effectiveFrom: new Date(0) };
  first = await insertFrequency(fixture.db, { name: "first", ...hourly });
  second = await insertFrequency(fixture.db, { name: "second", ...hourly });
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  fixture.warehouse.intercept = async ({ kind, job }) => {
    if (kind === "await" && job.startsWith("d.slow")) await held;
    return null;
  };
  fixture.start({ ticks: false });
});
afterEach(async () => {
  release();
  await fixture.close();
});

const overlap = { kind: "skipped", reasonCode: "overlap" };
const tick = (frequencyId: number, time: string) =>
  assembleRun(fixture.deps, frequencyId, new Date(`2026-03-05T${time}:00Z`));

async function started(frequencyId: number, time: string): Promise<number> {
  const assembled = await tick(frequencyId, time);
  expect(assembled.kind).toBe("started");
  return assembled.kind === "started" ? assembled.runId : 0;
}

const endOf = async (runId: number) => (await fixture.runEnded(runId, 4_000)).state;
const stateOf = async (runId: number, name: string) =>
  (await fixture.tableRunsOf(runId)).get(name)?.state;

/** A tick of both frequencies at which nothing is in the way. */
async function bothGreen(time: string) {
  const runs = [await started(first, time), await started(second, time)];
  expect(await Promise.all(runs.map(endOf))).toEqual(["succeeded", "succeeded"]);
}

test("frequencies that read each other are green again after one overrun of an unrelated table", async () => {
  await insertCatalog(fixture.db, [
    { name: "a", frequencyId: first },
    { name: "b", frequencyId: second, parents: ["a"] },
    { name: "c", frequencyId: first, parents: ["b"] },
    { name: "slow", frequencyId: second },
  ]);
  const ofFirst = await started(first, "09:00");
  const overrun = await started(second, "09:00");
  expect(await endOf(ofFirst)).toBe("succeeded");

  // The overrun costs its own frequency this tick, and the other nothing.
  const beside = await started(first, "10:00");
  expect(await tick(second, "10:00")).toMatchObject(overlap);
  expect(await endOf(beside)).toBe("succeeded");
  release();
  expect(await endOf(overrun)).toBe("succeeded");
  await bothGreen("11:00");
  await bothGreen("12:00");
});

test("where both frequencies are behind, each with a table that the other waits for, both catch up", async () => {
  await insertCatalog(fixture.db, [
    { name: "slow", frequencyId: second },
    { name: "a", frequencyId: first, parents: ["slow"] },
    { name: "b", frequencyId: second, parents: ["a"] },
    { name: "c", frequencyId: first, parents: ["b"] },
  ]);
  const behind = [await started(first, "09:00"), await started(second, "09:00")];
  expect(await tick(first, "10:00")).toMatchObject(overlap);
  expect(await tick(second, "10:00")).toMatchObject(overlap);
  release();
  expect(await Promise.all(behind.map(endOf))).toEqual(["succeeded", "succeeded"]);
  await bothGreen("11:00");
});

test("a child of equal period runs beside the overrun, on what the run that goes on has made of its parent", async () => {
  await insertCatalog(fixture.db, [
    { name: "b", frequencyId: second },
    { name: "c", frequencyId: first, parents: ["b"] },
    { name: "slow", frequencyId: second },
  ]);
  await started(second, "09:00");
  expect(await endOf(await started(first, "09:00"))).toBe("succeeded");
  expect(await tick(second, "10:00")).toMatchObject(overlap);
  expect(await endOf(await started(first, "10:00"))).toBe("succeeded");
});

test("where the parent itself is what overruns, the child waits for that, and not for the next tick", async () => {
  await insertCatalog(fixture.db, [
    { name: "slow", frequencyId: second },
    { name: "other", frequencyId: second },
    { name: "c", frequencyId: first, parents: ["slow"] },
  ]);
  const overrun = await started(second, "09:00");
  expect(await tick(second, "10:00")).toMatchObject(overlap);
  const beside = await started(first, "10:00");
  await until(
    "another table is done",
    async () => (await stateOf(overrun, "other")) === "succeeded",
  );
  expect(await stateOf(beside, "c")).toBe("waiting");
  release();
  expect(await endOf(beside)).toBe("succeeded");
  expect(await endOf(overrun)).toBe("succeeded");
});

test("an overlap that a daemon of 0.1.0 recorded, without a code, counts as one", async () => {
  await insertCatalog(fixture.db, [
    { name: "slow", frequencyId: second },
    { name: "child", frequencyId: first, parents: ["slow"] },
  ]);
  const overrun = await started(second, "09:00");
  expect(await tick(second, "10:00")).toMatchObject(overlap);
  await fixture.deps.pool.query("update runs set reason_code = null where state = 'skipped'");
  const waiting = await started(first, "10:00");
  await fixture.deps.pool.query("update frequencies set active = false where id = $1", [second]);
  await inTransition(fixture.deps.pool, (transition) => settleAwaiting(transition, null));
  expect(await stateOf(waiting, "child")).toBe("waiting");
  release();
  expect(await endOf(overrun)).toBe("succeeded");
  expect(await endOf(waiting)).toBe("succeeded");
});
