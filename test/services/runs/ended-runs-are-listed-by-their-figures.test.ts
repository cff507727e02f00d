import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Db } from "../../../server/db/client.ts";
import { atOneMoment } from "../../../server/db/one-moment.ts";
import { listRuns, selectRun } from "../../../server/db/runs.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

/** What the null warehouse bills for a query, however it ends. */
const billed = 10_485_760;

const names = ["a", "b", "c", "d"];
const failsWith = (failing: string[]) => (job: { table: string }) =>
  failing.includes(job.table) ? { reason: "invalidQuery", message: "bad" } : null;

/** Runs `a` to `d`, of which some fail. */
async function runTables(failing: string[]): Promise<number> {
  const ids = await insertCatalog(
    fixture.db,
    names.map((name) => ({ name })),
  );
  fixture.warehouse.outcome = failsWith(failing);
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.runEnded(runId);
  return runId;
}

/** The list, and how many rows of table runs and jobs were read for it. */
function listCounting() {
  return atOneMoment(fixture.db, async (tx) => {
    const before = await countRowsRead(tx);
    const runs = await listRuns(tx, { limit: 10 });
    return { runs, rowsRead: (await countRowsRead(tx)) - before };
  });
}

/** By this session so far. */
async function countRowsRead(tx: Db): Promise<number> {
  const { rows } = await tx.execute<{ count: number }>(sql`
    select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::float8 as count
    from pg_stat_xact_user_tables where relname in ('table_runs', 'jobs')`);
  return rows[0]!.count;
}

test("an ended run is listed without a look at its table runs, with what they came to", async () => {
  await runTables(["d.b", "d.c"]);
  const { runs, rowsRead } = await listCounting();
  expect(runs[0]).toMatchObject({
    state: "failed",
    reason: expect.stringMatching(/^d\.[bc]: bad.* \(and 1 more failed\)$/),
    counts: { succeeded: 2, failed: 2, running: 0 },
    bytesBilled: 4 * billed,
  });
  expect(rowsRead).toBe(0);
});

test("so is a tick at which no table took part", async () => {
  const frequencyId = await insertFrequency(fixture.db, { effectiveFrom: new Date(0) });
  const never = { months: [1], weekdays: [], days: [], hours: [] };
  await insertCatalog(
    fixture.db,
    names.map((name) => ({ name, frequencyId, conditions: [never] })),
  );
  await assembleRun(fixture.deps, frequencyId, new Date("2026-03-05T00:00:00Z"));
  const { runs, rowsRead } = await listCounting();
  expect(runs[0]).toMatchObject({
    state: "skipped",
    reasonCode: "conditionFalse",
    counts: { skipped: 4, waiting: 0 },
    bytesBilled: 0,
  });
  expect(rowsRead).toBe(0);
});

test("a resumed run is counted as it goes, and has the figures of its last end", async () => {
  const runId = await runTables(["d.b", "d.c"]);
  const gate = Promise.withResolvers<void>();
  fixture.warehouse.outcome = failsWith(["d.c"]);
  fixture.warehouse.intercept = async ({ kind, phase, job }) => {
    if (kind === "insert" && phase === "before" && job.startsWith("d.c")) await gate.promise;
    return null;
  };
  await resumeRun(fixture.deps, runId, nobody);
  await until("b has succeeded", async () => {
    return (await selectRun(fixture.db, runId))?.counts.succeeded === 3;
  });
  expect(await selectRun(fixture.db, runId)).toMatchObject({ state: "running", reason: null });
  gate.resolve();
  await fixture.runEnded(runId);
  expect((await listCounting()).runs[0]).toMatchObject({
    state: "failed",
    reason: expect.stringMatching(/^d\.c: bad[^(]*$/),
    counts: { succeeded: 3, failed: 1 },
    bytesBilled: 6 * billed,
  });
});

test("figures that are read late are in the sum when the run has ended", async () => {
  const gate = Promise.withResolvers<void>();
  fixture.warehouse.intercept = async ({ kind, phase, subject }) => {
    const isHeld = fixture.warehouse.jobs.get(subject)?.table === "d.b";
    if (kind === "get" && phase === "before" && isHeld) await gate.promise;
    return null;
  };
  const ended = runTables([]);
  await until("all have succeeded", async () => {
    return (await listCounting()).runs[0]?.counts.succeeded === 4;
  });
  expect((await listCounting()).runs[0]?.state).toBe("running");
  gate.resolve();
  await ended;
  expect((await listCounting()).runs[0]?.bytesBilled).toBe(4 * billed);
});

test("of a run that an older daemon ended or resumed the table runs are counted", async () => {
  const runId = await runTables(["d.b"]);
  const line = await selectRun(fixture.db, runId);
  await fixture.db.execute(sql`update runs set figures = null`);
  expect(await selectRun(fixture.db, runId)).toEqual(line);

  fixture.warehouse.outcome = failsWith(["d.b"]);
  await resumeRun(fixture.deps, runId, nobody);
  await fixture.runEnded(runId);
  // As it resumes and ends a run, without a word of the figures.
  await fixture.db.execute(sql`update table_runs set state = 'succeeded' where state = 'failed'`);
  await fixture.db.execute(sql`update runs
    set resumed_count = resumed_count + 1, state = 'succeeded', ended_at = clock_timestamp()`);
  expect(await selectRun(fixture.db, runId)).toMatchObject({
    reason: null,
    counts: { succeeded: 4, failed: 0 },
  });
});
