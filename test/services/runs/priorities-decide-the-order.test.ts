import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tableRuns } from "../../../drizzle/schema/runs.ts";
import { getRun } from "../../../server/services/runs/get-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";

let fixture: EngineFixture;
let ids: Map<string, number>;
beforeEach(async () => {
  fixture = await openEngineFixture({ concurrentTableRuns: 1 });
});
afterEach(() => fixture.close());

async function start(names: Iterable<string> = ids.keys()): Promise<number> {
  const tableIds = [...names].map((name) => ids.get(name)!);
  return (await startRun(fixture.deps, chooseTables(tableIds), nobody)).runId;
}

/** Runs these tables, as if each had taken so many seconds. */
async function haveRun(seconds: Record<string, number>): Promise<void> {
  await fixture.runEnded(await start(Object.keys(seconds)));
  for (const [name, took] of Object.entries(seconds)) {
    await fixture.db
      .update(tableRuns)
      .set({ startedAt: sql`ended_at - make_interval(secs => ${took})` })
      .where(eq(tableRuns.tableId, ids.get(name)!));
  }
  fixture.warehouse.jobs.clear();
}

/** The tables in the order of their jobs. */
async function orderOf(runId: number): Promise<string[]> {
  await fixture.runEnded(runId);
  return [...fixture.warehouse.jobs.values()].map(({ table }) => table.slice(2));
}

async function belowOf(runId: number): Promise<Record<string, number>> {
  const { tableRuns: rows } = await getRun(fixture.deps, runId);
  return Object.fromEntries(rows.map((row) => [row.tableName.slice(2), row.remainingSeconds]));
}

test("of tables with as many descendants, that with the longest path below goes first, as past runs took", async () => {
  ids = await insertCatalog(fixture.db, [
    { name: "short" },
    { name: "below_short", parents: ["short"] },
    { name: "long" },
    { name: "below_long", parents: ["long"] },
    { name: "wide" },
    ...["w1", "w2"].map((name) => ({ name, parents: ["wide"] })),
  ]);
  fixture.start({ ticks: false });
  await haveRun({ short: 5, below_short: 5, long: 1, below_long: 60, wide: 1, w1: 1, w2: 2 });
  const runId = await start();
  expect(await orderOf(runId)).toEqual([
    "wide",
    "long",
    "short",
    "below_long",
    "below_short",
    "w2",
    "w1",
  ]);
  expect(await belowOf(runId)).toMatchObject({ wide: 3, long: 61, short: 10 });
});

test("what never ran is guessed to take as long as the median of the others", async () => {
  ids = await insertCatalog(fixture.db, [
    { name: "quick" },
    { name: "below_quick", parents: ["quick"] },
    { name: "fresh" },
    { name: "below_fresh", parents: ["fresh"] },
    { name: "slow" },
    { name: "below_slow", parents: ["slow"] },
    { name: "alone" },
  ]);
  fixture.start({ ticks: false });
  await haveRun({ quick: 1, below_quick: 1, slow: 10, below_slow: 100, alone: 10 });
  const runId = await start();
  expect((await orderOf(runId)).slice(0, 3)).toEqual(["slow", "fresh", "quick"]);
  expect(await belowOf(runId)).toMatchObject({ slow: 110, fresh: 20, below_fresh: 10, quick: 2 });
});

test("where nothing ever ran, the path over more tables counts as the longer", async () => {
  ids = await insertCatalog(fixture.db, [
    { name: "fork" },
    ...["f1", "f2"].map((name) => ({ name, parents: ["fork"] })),
    { name: "chain" },
    { name: "c1", parents: ["chain"] },
    { name: "c2", parents: ["c1"] },
  ]);
  const runId = await start();
  fixture.start({ ticks: false });
  expect((await orderOf(runId)).slice(0, 3)).toEqual(["chain", "fork", "c1"]);
  expect(await belowOf(runId)).toMatchObject({ chain: 3, fork: 2 });
});
