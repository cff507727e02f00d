import { type ChildProcess, fork } from "node:child_process";
import pg from "pg";
import { expect } from "vitest";
import { type Engine, startEngine } from "../../server/daemon/engine.ts";
import { mayMove } from "../../server/domain/run-state.ts";
import type { TableRunState } from "../../shared/run.ts";
import { bundleEngine } from "../support/bundle-engine.ts";
import { createTestDatabase } from "../support/database.ts";
import { connectCloud, createEngineDeps, type EngineDeps } from "../support/engine-deps.ts";
import { startNullWarehouse } from "../support/null-warehouse.ts";
import { startPostgresProxy } from "../support/postgres-proxy.ts";
import { until } from "../support/until.ts";

/**
 * Real daemons, as processes, over a null warehouse and a database that keeps a log of every move.
 * They reach PostgreSQL through a proxy; the test itself reaches it without.
 */
export async function openDaemons() {
  const database = await createTestDatabase();
  const { connectionString } = database;
  const [warehouse, proxy] = await Promise.all([
    startNullWarehouse(),
    startPostgresProxy(connectionString),
  ]);
  const deps = createEngineDeps({ connectionString, ...(await connectCloud(warehouse.url)) });
  await deps.pool.query(historyLog);
  const daemons = new Set<ChildProcess>();
  const engines: { engine: Engine; own: EngineDeps }[] = [];
  const output: string[] = [];

  /** Of this source, or of another's bundle. */
  const start = async (name: string, engine?: URL): Promise<ChildProcess> => {
    const daemon = fork(
      engine ?? (await bundleEngine()),
      [proxy.connectionString, warehouse.url, name],
      {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        execArgv: [],
      },
    );
    daemons.add(daemon);
    daemon.stderr?.on("data", (text) => output.push(`${name}: ${text}`));
    await answerOf(daemon);
    return daemon;
  };

  /** A daemon in this process: as new as any, and sooner there. */
  const startHere = async (name: string) => {
    const options = { connectionString, processId: name, applicationName: name };
    const own = createEngineDeps({ ...options, ...(await connectCloud(warehouse.url)) });
    engines.push({ engine: startEngine(own), own });
  };

  return {
    deps,
    warehouse,
    proxy,
    connectionString,
    start,
    startHere,
    /** What the daemons have logged. */
    output,
    /** Every move of a table run, in order, with the process that made it. */
    moves: async () => (await deps.pool.query<Move>("select * from moves order by id")).rows,
    async close() {
      for (const daemon of daemons) await kill(daemon, "SIGKILL");
      for (const { engine, own } of engines) {
        await engine.stop();
        await own.close();
      }
      await deps.close();
      await proxy.close();
      await warehouse.close();
      await database.drop();
    },
  };
}

export type Daemons = Awaited<ReturnType<typeof openDaemons>>;

export async function withDaemons(body: (daemons: Daemons) => Promise<void>): Promise<void> {
  const daemons = await openDaemons();
  try {
    await body(daemons);
  } catch (error) {
    console.error(daemons.output.join(""));
    throw error;
  } finally {
    await daemons.close();
  }
}

export interface Move {
  table_run_id: string;
  old_state: TableRunState;
  new_state: TableRunState;
  application_name: string;
}

/** Logs by triggers: the moves of table runs, and of watermarks. */
const historyLog = `
  create table moves (id bigint generated always as identity, table_run_id bigint, old_state text,
    new_state text, application_name text);
  create function log_move() returns trigger language plpgsql as $$ begin
    insert into moves (table_run_id, old_state, new_state, application_name)
    values (new.id, old.state, new.state, current_setting('application_name'));
    return new; end $$;
  create trigger log_move after update of state on table_runs for each row
    when (old.state is distinct from new.state) execute function log_move();
  create table watermarks (table_id bigint, last_id text);
  create function log_watermark() returns trigger language plpgsql as $$ begin
    insert into watermarks values (new.id, new.last_id); return new; end $$;
  create trigger log_watermark after update of last_id on tables for each row
    when (old.last_id is distinct from new.last_id) execute function log_watermark();`;

/** Its next message. Rejects when it ends before that. */
export function answerOf(daemon: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the daemon ended with ${code}`));
    daemon.once("exit", onExit);
    daemon.once("message", (message) => {
      daemon.off("exit", onExit);
      resolve(message);
    });
  });
}

export async function kill(daemon: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const exited = new Promise((resolve) => daemon.once("exit", resolve));
  daemon.kill(signal);
  await exited;
}

/**
 * Stops a daemon at a change of a row: it waits there, in the middle of its transaction, until
 * `release`.
 */
export async function holdAt(
  { deps, connectionString }: Daemons,
  { daemon, table, when }: { daemon: string; table: string; when: string },
): Promise<{ reached(): Promise<void>; release(): Promise<void> }> {
  const lock = 424_242;
  const holder = new pg.Client({ connectionString });
  await holder.connect();
  await holder.query(`select pg_advisory_lock(${lock})`);
  const isUpdate = /\bold\./.test(when);
  await deps.pool.query(`
    create function hold() returns trigger language plpgsql as $$ begin
      if current_setting('application_name') = '${daemon}' then
        perform pg_advisory_xact_lock_shared(${lock});
      end if;
      return new; end $$;
    create trigger hold ${isUpdate ? "before update" : "before insert"} on ${table}
      for each row when (${when}) execute function hold();`);
  return {
    reached: () =>
      until(`the hold at ${when}`, async () => {
        const { rows } = await deps.pool.query(
          "select 1 from pg_locks where locktype = 'advisory' and objid = $1 and not granted",
          [lock],
        );
        return rows.length > 0;
      }),
    /** The trigger stays, and holds nobody any more. */
    release: () => holder.end(),
  };
}

/** Everything that was asked for was done once and in order, and the database agrees. */
export async function checkHistory(
  { deps, warehouse, ...daemons }: Daemons,
  runId: number,
  graph: { name: string; parents?: string[] }[],
): Promise<void> {
  const jobs = [...warehouse.jobs.values()];
  expect(jobs.map((job) => job.table).sort()).toEqual(graph.map(({ name }) => `d.${name}`).sort());
  for (const { name, parents = [] } of graph) {
    const job = jobs.find((each) => each.table === `d.${name}`)!;
    for (const parent of parents) {
      const before = jobs.find((each) => each.table === `d.${parent}`)!;
      expect(job.insertedAt, `${name} after ${parent}`).toBeGreaterThanOrEqual(before.doneAt);
    }
  }
  for (const move of await daemons.moves()) {
    expect(mayMove(move.old_state, move.new_state), JSON.stringify(move)).toBe(true);
  }
  const { rows } = await deps.pool.query(
    `select state, count(*)::int from table_runs where run_id = $1 group by state`,
    [runId],
  );
  expect(rows).toEqual([{ state: "succeeded", count: graph.length }]);
  const stored = await deps.pool.query<{ bq_job_id: string; state: string }>(
    "select bq_job_id, state from jobs",
  );
  expect(stored.rows.map((job) => job.bq_job_id).sort()).toEqual(
    jobs.map((job) => job.jobId).sort(),
  );
  expect(new Set(stored.rows.map((job) => job.state))).toEqual(new Set(["succeeded"]));
}

export async function runEnded({ deps }: Pick<Daemons, "deps">, runId: number, timeoutMs = 60_000) {
  await until(
    `run ${runId} ended`,
    async () =>
      (await deps.pool.query("select 1 from runs where id = $1 and ended_at is not null", [runId]))
        .rows.length > 0,
    timeoutMs,
  );
}
