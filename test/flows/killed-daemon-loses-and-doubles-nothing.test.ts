import { expect, test } from "vitest";
import { startRun } from "../../server/services/runs/start-run.ts";
import { insertCatalog, insertFrequency } from "../support/catalog.ts";
import { chooseTables, nobody } from "../support/choose-tables.ts";
import type { NullRequest } from "../support/null-warehouse.ts";
import { until } from "../support/until.ts";
import {
  checkHistory,
  type Daemons,
  holdAt,
  kill,
  openDaemons,
  runEnded,
} from "./engine-daemons.ts";

const graph = [
  { name: "a" },
  { name: "b" },
  { name: "c", parents: ["a"] },
  { name: "d", parents: ["a", "b"] },
  { name: "e", parents: ["c", "d"] },
  { name: "f", parents: ["e"] },
];

async function withDaemons(body: (daemons: Daemons) => Promise<void>) {
  const daemons = await openDaemons();
  try {
    await body(daemons);
  } finally {
    await daemons.close();
  }
}

/** Kills the daemon as a request arrives or has just been carried out, and cuts its connection. */
const requestPoints: [string, Pick<NullRequest, "kind" | "phase">][] = [
  ["before the insert", { kind: "insert", phase: "before" }],
  ["after the insert, before its answer", { kind: "insert", phase: "after" }],
  ["while the job runs", { kind: "await", phase: "before" }],
  ["after the job's end, before its answer", { kind: "await", phase: "after" }],
  ["while the statistics are read", { kind: "get", phase: "after" }],
];

test.concurrent.each(requestPoints)("killed %s", async (_, point) => {
  await withDaemons(async (daemons) => {
    const { warehouse, deps } = daemons;
    warehouse.durationMs = () => 60;
    const ids = await insertCatalog(deps.db, graph);
    const first = await daemons.start("first");
    let died: Promise<void> | undefined;
    warehouse.intercept = async ({ kind, phase, subject }) => {
      const isPoint = kind === point.kind && phase === point.phase && /_[3-6]_query/.test(subject);
      if (!isPoint || died) return null;
      died = kill(first, "SIGKILL");
      await died;
      return "cut";
    };
    const { runId } = await startRun(deps, chooseTables(ids.values()), nobody);
    await until("the daemon was killed", () => died !== undefined);
    await died;
    await daemons.start("second");
    await runEnded(daemons, runId);
    await checkHistory(daemons, runId, graph);
  });
});

/** Kills the daemon in the middle of a transaction, as it changes a row. */
const commitPoints: [string, string, string][] = [
  ["in a claim", "table_runs", "old.state = 'ready' and new.state = 'running' and new.id > 2"],
  [
    "in a completion",
    "table_runs",
    "old.state = 'running' and new.state = 'succeeded' and new.id > 2",
  ],
  ["as children are readied", "table_runs", "old.state = 'waiting' and new.state = 'ready'"],
  ["as jobs are stored", "jobs", "new.table_run_id > 2"],
  ["at the end of the run", "runs", "old.ended_at is null and new.ended_at is not null"],
];

test.concurrent.each(commitPoints)("killed %s", async (_, table, when) => {
  await withDaemons(async (daemons) => {
    const { deps } = daemons;
    const ids = await insertCatalog(deps.db, graph);
    const hold = await holdAt(daemons, table, when);
    const { runId } = await startRun(deps, chooseTables(ids.values()), nobody);
    const first = await daemons.start("first");
    await hold.reached();
    await kill(first, "SIGKILL");
    await hold.release();
    await daemons.start("second");
    await runEnded(daemons, runId);
    await checkHistory(daemons, runId, graph);
  });
});

test.concurrent.each([
  ["as a run is recorded", "runs"],
  ["as its table runs are written", "table_runs"],
])("killed in the assembly, %s: the tick is made once", async (_, table) => {
  await withDaemons(async (daemons) => {
    const { deps } = daemons;
    const frequencyId = await insertFrequency(deps.db, { effectiveFrom: new Date(0) });
    await insertCatalog(
      deps.db,
      graph.map((each) => ({ ...each, frequencyId })),
    );
    const hold = await holdAt(daemons, table, "new.id is not null");
    const first = await daemons.start("first");
    await hold.reached();
    await kill(first, "SIGKILL");
    await hold.release();
    await daemons.start("second");
    await until(
      "the tick's run",
      async () => (await deps.pool.query("select 1 from runs")).rows.length > 0,
    );
    const { rows } = await deps.pool.query<{ id: string }>("select id from runs");
    await runEnded(daemons, Number(rows[0]!.id));
    await checkHistory(daemons, Number(rows[0]!.id), graph);
    expect((await deps.pool.query("select 1 from runs")).rows).toHaveLength(1);
  });
});

test.concurrent("its sessions with PostgreSQL are ended again and again: it goes on", async () => {
  await withDaemons(async (daemons) => {
    const { deps, warehouse } = daemons;
    warehouse.durationMs = () => 100;
    const ids = await insertCatalog(deps.db, graph);
    await daemons.start("first");
    const { runId } = await startRun(deps, chooseTables(ids.values()), nobody);
    for (let jobs = 1; jobs <= 4; jobs += 1) {
      await until(`${jobs} jobs`, () => warehouse.jobs.size >= jobs);
      await deps.pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'first'",
      );
    }
    await runEnded(daemons, runId);
    await checkHistory(daemons, runId, graph);
  });
});

test.concurrent("stopped by SIGTERM, it hands over at once", async () => {
  await withDaemons(async (daemons) => {
    const { deps, warehouse } = daemons;
    warehouse.durationMs = () => 3_000;
    const ids = await insertCatalog(deps.db, [{ name: "long" }]);
    const first = await daemons.start("first");
    const { runId } = await startRun(deps, chooseTables(ids.values()), nobody);
    await until("the job runs", () => warehouse.jobs.size === 1);
    await kill(first, "SIGTERM");
    await daemons.start("second");
    const isTaken = async () =>
      (await deps.pool.query("select 1 from table_runs where lease_owner = 'second'")).rows.length >
      0;
    await until("the second daemon has it", isTaken, 10_000);
    await runEnded(daemons, runId);
    await checkHistory(daemons, runId, [{ name: "long" }]);
  });
});

test.concurrent("stopped for longer than its lease, it changes nothing when it wakes", async () => {
  await withDaemons(async (daemons) => {
    const { deps, warehouse } = daemons;
    warehouse.durationMs = () => 500;
    const ids = await insertCatalog(deps.db, [{ name: "a" }]);
    const first = await daemons.start("first");
    const { runId } = await startRun(deps, chooseTables(ids.values()), nobody);
    await until("the job runs", () => warehouse.jobs.size === 1);
    first.kill("SIGSTOP");
    await daemons.start("second");
    await runEnded(daemons, runId);
    // The table's size is asked for beside the run, and may still come.
    const rowOf = () =>
      deps.pool.query(
        "select to_jsonb(t) - 'row_count' as row from table_runs t where run_id = $1",
        [runId],
      );
    const before = await rowOf();
    const movesBefore = await daemons.moves();
    first.kill("SIGCONT");
    const wokenAt = new Date();
    await until("the first daemon is at work again", async () => {
      const { rows } = await deps.pool.query(
        "select 1 from pg_stat_activity where application_name = 'first' and query ~ 'commit' and state_change > $1",
        [wokenAt],
      );
      return rows.length > 0;
    });
    // Its next pulse has written what it had to say, under its old fence.
    const ids2 = await insertCatalog(deps.db, [{ name: "b" }]);
    const next = await startRun(deps, chooseTables(ids2.values()), nobody);
    await runEnded(daemons, next.runId);
    expect((await rowOf()).rows).toEqual(before.rows);
    const moves = (await daemons.moves()).slice(0, movesBefore.length);
    expect(moves).toEqual(movesBefore);
    expect(movesBefore.map((move) => move.application_name)).toEqual(["first", "second"]);
    expect(warehouse.jobs.size).toBe(2);
  });
});
