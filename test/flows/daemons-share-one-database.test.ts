import { expect, test } from "vitest";
import { startRun } from "../../server/services/runs/start-run.ts";
import { activateFrequency, insertCatalog, insertFrequency } from "../support/catalog.ts";
import { chooseTables, nobody } from "../support/choose-tables.ts";
import { until } from "../support/until.ts";
import { answerOf, checkHistory, type Daemons, runEnded, withDaemons } from "./engine-daemons.ts";

const graph = [
  { name: "a" },
  { name: "b" },
  { name: "c", parents: ["a"] },
  { name: "d", parents: ["a", "b"] },
  { name: "e", parents: ["c", "d"] },
  { name: "f", parents: ["e"] },
];
const timeoutMs = 120_000;

test.concurrent(
  "two daemons over a hundred ticks: each tick is recorded once, and runs once",
  () =>
    withDaemons(async (daemons) => {
      const { deps, proxy, warehouse } = daemons;
      const both = await Promise.all(["first", "second"].map((name) => daemons.start(name)));
      let sentAway = 0;
      // Whoever records a tick waits with the commit until the other was at it too.
      proxy.onCommit = async ({ statements, phase }) => {
        const isRecord = statements.includes("insert table runs");
        if (phase === "after" && !isRecord && statements.some(isLockOfFrequency)) sentAway += 1;
        if (phase === "before" && isRecord) {
          await until("the other has tried", () => sentAway > 0);
        }
        return undefined;
      };
      const startMs = Date.UTC(2030, 0, 1);
      const tell = (nowMs: number) =>
        Promise.all(
          both.map((daemon) => {
            const told = answerOf(daemon);
            daemon.send({ nowMs });
            return told;
          }),
        );
      await tell(startMs);
      const effectiveFrom = new Date(startMs + 1);
      const inactive = { active: false, periodSeconds: 1, effectiveFrom };
      const frequencyId = await insertFrequency(deps.db, inactive);
      await insertCatalog(deps.db, [{ name: "a", frequencyId }]);
      await activateFrequency(deps.db, frequencyId);
      const ticks = Array.from({ length: 100 }, (_, index) => startMs + (index + 1) * 1_000);
      for (const tickMs of ticks) {
        sentAway = 0;
        await tell(tickMs);
        deps.changes.publish({ noun: "frequency", id: frequencyId });
        await until(`the run of ${tickMs} ended`, async () => {
          const { rows } = await deps.pool.query(
            "select 1 from runs where tick_at = $1 and ended_at is not null",
            [new Date(tickMs)],
          );
          return rows.length > 0;
        });
      }
      const { rows } = await deps.pool.query("select tick_at, state from runs order by id");
      expect(rows).toEqual(
        ticks.map((tickMs) => ({ tick_at: new Date(tickMs), state: "succeeded" })),
      );
      expect(warehouse.jobs.size).toBe(100);
    }),
  timeoutMs,
);

const isLockOfFrequency = (statement: string) => /frequencies.* skip locked/.test(statement);

test.concurrent(
  "its sessions with PostgreSQL are ended again and again: it goes on",
  () =>
    withDaemons(async (daemons) => {
      const { deps, warehouse } = daemons;
      warehouse.durationMs = () => 100;
      const ids = await insertCatalog(deps.db, graph);
      await daemons.start("first");
      const { runId } = await startRun(deps, chooseTables(ids.values()), nobody);
      for (let jobs = 1; jobs <= 4; jobs += 1) {
        await until(`${jobs} jobs`, () => warehouse.jobs.size >= jobs);
        await deps.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and application_name = 'first'`,
        );
      }
      await runEnded(daemons, runId);
      await checkHistory(daemons, graph);
    }),
  timeoutMs,
);

/** From here on counts every row that the daemon changes, whatever table it is in. */
async function countWritesOf({ deps }: Daemons, name: string): Promise<() => Promise<number>> {
  await deps.pool.query(`
    create table writes (what text);
    create function log_write() returns trigger language plpgsql as $$ begin
      insert into writes select tg_op || ' ' || tg_table_name
      where current_setting('application_name') = '${name}';
      return null; end $$;`);
  for (const table of ["runs", "table_runs", "jobs", "tables", "transfers", "frequencies"]) {
    await deps.pool.query(
      `create trigger log_write after insert or update or delete on ${table}
       for each row execute function log_write()`,
    );
  }
  return async () => (await deps.pool.query("select what from writes")).rows.length;
}

/** Everything of a table run but its rows, which are asked for beside the run and may come later. */
async function rowsOf({ deps }: Daemons, runId: number): Promise<unknown> {
  const tableRuns = await deps.pool.query(
    "select to_jsonb(t) - 'row_count' as row from table_runs t where run_id = $1",
    [runId],
  );
  const jobs = await deps.pool.query("select to_jsonb(j) as row from jobs j");
  return [...tableRuns.rows, ...jobs.rows];
}

test.concurrent(
  "stopped for longer than its lease, its stale writes change nothing",
  () =>
    withDaemons(async (daemons) => {
      const { deps, warehouse, proxy } = daemons;
      warehouse.durationMs = () => 200;
      const ids = await insertCatalog(deps.db, [{ name: "a" }]);
      const first = await daemons.start("first");
      // From the insert on it commits nothing, so that the job's end gathers and is not written.
      let isHeld = true;
      let isEnded = false;
      const written: string[] = [];
      warehouse.intercept = ({ kind, phase }) => {
        isEnded ||= kind === "await" && phase === "after";
        return null;
      };
      proxy.onCommit = ({ statements, phase }) => {
        const isHere = isHeld && warehouse.jobs.size > 0 && statements.includes("claim ready");
        if (isHere && phase === "before") return new Promise(() => undefined);
        if (phase === "after") written.push(...statements);
        return undefined;
      };
      const { runId } = await startRun(deps, chooseTables(ids.values()), nobody);
      await until("its job has ended", () => isEnded);
      await until("its pulse has failed", () => daemons.output.join("").includes("idle-in-trans"));
      first.kill("SIGSTOP");
      isHeld = false;
      expect(written).not.toContain("settle");

      // The second does not go through the proxy: all that passes is the first one's.
      await daemons.startHere("second");
      await runEnded(daemons, runId);
      const rows = await rowsOf(daemons, runId);
      const moves = await daemons.moves();
      const writesOfFirst = await countWritesOf(daemons, "first");
      first.kill("SIGCONT");
      await until("its stale settlement was committed", () => written.includes("settle"));
      expect(await writesOfFirst()).toBe(0);
      expect(await rowsOf(daemons, runId)).toEqual(rows);
      expect(await daemons.moves()).toEqual(moves);
      expect(moves.map((move) => move.application_name)).toEqual(["first", "second"]);
      expect(warehouse.jobs.size).toBe(1);
    }),
  timeoutMs,
);
