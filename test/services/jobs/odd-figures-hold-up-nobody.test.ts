import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { summarizeStatistics } from "../../../server/services/jobs/summarize-statistics.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

/** Runs a table whose jobs have these statistics, beside one whose are as they should be. */
async function runBeside(statistics: Record<string, unknown>, extract = false) {
  const ids = await insertCatalog(fixture.db, [{ name: "odd", extract }, { name: "even" }]);
  fixture.warehouse.statistics = (job) => (job.table === "d.odd" ? statistics : {});
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.runEnded(runId, 8_000);
  return runId;
}

test.each([
  [{ totalBytesProcessed: "12.5" }],
  [{ totalSlotMs: "99999999999999999999" }],
  [{ startTime: "1e300", endTime: 9e15, query: { totalBytesBilled: -1 } }],
  [{ query: "none", extract: 3, load: [] }],
])("figures that are none are left out: %j", async (statistics) => {
  const runId = await runBeside(statistics);
  expect(await fixture.statesOf(runId)).toEqual({ odd: "succeeded", even: "succeeded" });
  const figures = await fixture.jobs();
  expect(figures.map((job) => job.statisticsError)).toEqual([null, null]);
});

test("figures are whole numbers, and instants before the year 10000", () => {
  const read = (totalSlotMs: unknown, endTime: unknown) => {
    const { slotMs, endMs } = summarizeStatistics({ totalSlotMs, endTime });
    return [slotMs, endMs];
  };
  expect(read("9007199254740991", "253402300799999")).toEqual([
    9_007_199_254_740_991, 253_402_300_799_999,
  ]);
  expect(read("9007199254740993", "253402300800000")).toEqual([null, null]);
  expect(read(7, 8)).toEqual([7, 8]);
  expect(read("1e3", { ms: 1 })).toEqual([null, null]);
});

/** As any value would be that no column takes, and that nobody has thought of. */
const refuse13 = () =>
  fixture.db.execute(sql`alter table jobs add constraint thirteen
    check (bytes_processed is distinct from 13)`);

test("figures that PostgreSQL refuses are given up, with the reason, and their run ends", async () => {
  await refuse13();
  const runId = await runBeside({ totalBytesProcessed: "13" });
  expect(await fixture.statesOf(runId)).toEqual({ odd: "succeeded", even: "succeeded" });
  const told = (await fixture.jobs()).flatMap((job) => job.statisticsError ?? []);
  expect(told).toEqual([expect.stringMatching(/^they cannot be stored: .*thirteen/)]);
});

test("a job's end that PostgreSQL refuses fails alone, and a resume goes on with the job", async () => {
  await refuse13();
  fixture.deps.objects.set("extracts/d.odd/1/part-000000000000.csv.gz", 10);

  const runId = await runBeside({ totalBytesProcessed: "13" }, true);
  expect(await fixture.statesOf(runId)).toEqual({ odd: "failed", even: "succeeded" });
  const { reason } = (await fixture.tableRunsOf(runId)).get("odd")!;
  expect(reason).toMatchObject({
    code: "internal",
    text: expect.stringMatching(
      /its end cannot be stored .*thirteen.* a resume looks for it first/,
    ),
  });

  await fixture.db.execute(sql`alter table jobs drop constraint thirteen`);
  await resumeRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect(fixture.warehouse.jobs.size).toBe(3);
});

test("of an error's words as much is kept as somebody would read", async () => {
  const message = `${"💥".repeat(500_000)} the end`;
  fixture.warehouse.outcome = () => ({ reason: "invalidQuery", message });
  const runId = await runBeside({});
  const { reason } = (await fixture.tableRunsOf(runId)).get("odd")!;
  expect(reason?.text).toMatch(/^💥{5000}…$/u);
  expect((await fixture.jobs()).map(({ error }) => error)).toEqual([reason?.text, reason?.text]);
});
