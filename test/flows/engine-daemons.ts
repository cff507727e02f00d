import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, expect } from "vitest";
import { type Engine, startEngine } from "../../server/daemon/engine.ts";
import { bundleEngine } from "../support/bundle-engine.ts";
import { createEmptyDatabase, createTestDatabase } from "../support/database.ts";
import { connectCloud, createEngineDeps, type EngineDeps } from "../support/engine-deps.ts";
import { createFirstSchema } from "../support/first-schema.ts";
import { startNullWarehouse } from "../support/null-warehouse.ts";
import { startPostgresProxy } from "../support/postgres-proxy.ts";
import { until } from "../support/until.ts";
import { findFaults, historyLog, readHistory, readMoves } from "./history.ts";

let bundled: { directory: string; engine: Promise<URL> } | undefined;

/** Built once for a test file. */
function todaysEngine(): Promise<URL> {
  if (!bundled) {
    const directory = mkdtempSync(join(tmpdir(), "maestro-engine-"));
    bundled = { directory, engine: bundleEngine(directory) };
  }
  return bundled.engine;
}

afterAll(() => {
  if (bundled) rmSync(bundled.directory, { recursive: true, force: true });
});

interface DaemonsOptions {
  /** That of 0.1.0, instead of today's. */
  schema?: "first";
}

/**
 * Real daemons, as processes, over a null warehouse and a database that keeps a log of every move.
 * They reach PostgreSQL through a proxy; the test itself reaches it without.
 */
export async function openDaemons({ schema }: DaemonsOptions = {}) {
  const database = await (schema === "first" ? createEmptyDatabase() : createTestDatabase());
  const { connectionString } = database;
  if (schema === "first") await createFirstSchema(connectionString);
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
      engine ?? (await todaysEngine()),
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
    /** Kills it at the end, should it still run. */
    keep: (daemon: ChildProcess) => daemons.add(daemon),
    /** What the daemons have logged. */
    output,
    /** Every move of a table run, in order, with the process that made it. */
    moves: () => readMoves(deps.pool),
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

export async function withDaemons(
  body: (daemons: Daemons) => Promise<void>,
  options?: DaemonsOptions,
): Promise<void> {
  const daemons = await openDaemons(options);
  try {
    await body(daemons);
  } catch (error) {
    console.error(daemons.output.join(""));
    throw error;
  } finally {
    await daemons.close();
  }
}

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
  { deps, warehouse }: Daemons,
  graph: { name: string; parents?: string[] }[],
): Promise<void> {
  const history = await readHistory(deps.pool, warehouse);
  expect(findFaults(history)).toEqual({ doubled: [], lost: [], disordered: [] });
  const nameOf = new Map(history.tableRuns.map(({ id, name }) => [id, name]));
  const done = history.tableRuns.map(({ name, parents }) => ({
    name,
    parents: parents.map((id) => nameOf.get(id)),
  }));
  expect(done).toEqual(graph.map(({ name, parents = [] }) => ({ name, parents })));
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
