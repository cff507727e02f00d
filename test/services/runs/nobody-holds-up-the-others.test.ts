import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { locks } from "../../../server/db/locks.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
let others: pg.Client[];
beforeEach(async () => {
  fixture = await openEngineFixture({ concurrentTableRuns: 4, concurrentTableRunsPerRun: 4 });
  others = [];
});
afterEach(async () => {
  await Promise.all(others.map((client) => client.end()));
  await fixture.close();
});

/** Somebody else's session with the database, or with another one of the same server. */
async function connectAnother(options: pg.ClientConfig = {}): Promise<pg.Client> {
  const url = new URL(fixture.connectionString);
  if (options.database) url.pathname = `/${options.database}`;
  const client = new pg.Client({ ...options, connectionString: url.toString() });
  client.on("error", () => undefined);
  await client.connect();
  others.push(client);
  return client;
}

const numbered = (count: number, name: string) =>
  Array.from({ length: count }, (_, index) => `${name}_${index}`);

test("a small run does not wait for all of a large one", async () => {
  fixture.warehouse.durationMs = () => 50;
  const parents = numbered(30, "parent");
  const ids = await insertCatalog(fixture.db, [
    ...parents.map((name) => ({ name })),
    ...parents.map((name) => ({ name: `child_of_${name}`, parents: [name] })),
    { name: "small" },
  ]);
  const small = ids.get("small")!;
  fixture.start({ ticks: false });
  const large = chooseTables([...ids.values()].filter((id) => id !== small));
  await startRun(fixture.deps, large, nobody);
  await until("it is under way", () => fixture.warehouse.jobs.size > 4);
  const { runId } = await startRun(fixture.deps, chooseTables([small]), nobody);
  await fixture.runEnded(runId);
  expect(fixture.warehouse.jobs.size).toBeLessThan(30);
});

test("a table whose row somebody has locked runs, and so do the others", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "locked" }, { name: "other" }]);
  const editor = await connectAnother();
  await editor.query("begin");
  await editor.query("select from tables where id = $1 for no key update", [ids.get("locked")]);
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  await editor.query("commit");
  await until("the list shows its success", async () => {
    const { rows } = await fixture.deps.pool.query(
      "select from tables where id = $1 and last_ok_at is not null",
      [ids.get("locked")],
    );
    return rows.length > 0;
  });
});

test("a daemon that was stopped before it had read an answer loses the lock", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  const stopped = await connectAnother();
  await stopped.query(`begin; select pg_advisory_xact_lock(${locks.transition})`);
  void stopped.query("select repeat('x', 50000000)").catch(() => undefined);
  const { stream } = (stopped as unknown as { connection: { stream: { pause(): void } } })
    .connection;
  stream.pause();
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  expect((await fixture.runEnded(runId, 40_000)).state).toBe("succeeded");
});

test("a daemon keeps its claims although their leases ran out while it slept", async () => {
  fixture.warehouse.durationMs = () => 3_000;
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until("its job runs", async () => (await fixture.jobs())[0]?.state === "running");
  await fixture.deps.pool.query(
    "update table_runs set lease_until = clock_timestamp() - interval '1 hour'",
  );
  await fixture.runEnded(runId);
  expect((await fixture.tableRunsOf(runId)).get("a")!.fence).toBe(1);
});

test("a dead daemon's claim is taken over although the clock was set back an hour", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.deps.pool.query(`update table_runs set state = 'running', fence = 1,
    lease_owner = 'dead', lease_until = clock_timestamp() + interval '1 hour'`);
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(runId, 30_000)).state).toBe("succeeded");
});

test("a dead daemon's claim is taken over although one of another database bears its name", async () => {
  await connectAnother({ database: "postgres", application_name: "maestro daemon dead" });
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.deps.pool.query(`update table_runs set state = 'running', fence = 1,
    lease_owner = 'dead', lease_until = clock_timestamp() + interval '1 hour'`);
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(runId, 30_000)).state).toBe("succeeded");
});

test("a daemon takes up what it claimed in a commit whose answer was lost", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.deps.pool.query(`update table_runs set state = 'running', fence = 1,
    lease_owner = 'engine 1', lease_until = clock_timestamp() + interval '15 s'`);
  fixture.start({ ticks: false });
  // It lives, and so nobody else would.
  await until("it is claimed anew", async () => {
    return (await fixture.tableRunsOf(runId)).get("a")!.fence > 1;
  });
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
});

test("a cancel that comes as a job ends lets no other job begin", async () => {
  fixture.warehouse.durationMs = () => 300;
  const ids = await insertCatalog(fixture.db, [{ name: "a", extract: true }]);
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until("its query runs", async () => (await fixture.jobs())[0]?.state === "running");
  const holder = await connectAnother();
  await holder.query(`begin; select pg_advisory_xact_lock(${locks.transition})`);
  await until("the pulse waits with the job's end", async () => {
    const isDone = [...fixture.warehouse.jobs.values()].every((job) => job.doneAt < Date.now());
    const { rows } = await holder.query(
      "select from pg_locks where locktype = 'advisory' and not granted",
    );
    return isDone && rows.length > 0;
  });
  const cancelled = cancelRun(fixture.deps, runId, nobody);
  await holder.query("update runs set cancel_requested_at = clock_timestamp()");
  await holder.query("commit");
  await cancelled;
  await fixture.runEnded(runId);
  expect([...fixture.warehouse.jobs.values()].map((job) => job.step)).toEqual(["query"]);
});

test("a database that was restored from a backup takes no job of another time for its own", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  fixture.start({ ticks: false });
  const first = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.runEnded(first.runId);
  // The backup was made before that run: its ids come again.
  await fixture.deps.pool.query(
    "truncate runs, table_runs, jobs, transfers restart identity cascade",
  );
  const second = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  expect((await fixture.runEnded(second.runId)).state).toBe("failed");
  const { reason } = (await fixture.tableRunsOf(second.runId)).get("a")!;
  expect(reason?.text).toMatch(/restored from a backup.*resume/is);
});
