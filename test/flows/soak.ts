import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { pino } from "pino";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { mayMove } from "../../server/domain/run-state.ts";
import {
  type EmbeddedPostgres,
  ensureDatabase,
  startEmbeddedPostgres,
} from "../../server/embedded/postgres.ts";
import { startRun } from "../../server/services/runs/start-run.ts";
import type { TableRunState } from "../../shared/run.ts";
import { insertCatalog } from "../support/catalog.ts";
import { chooseTables, nobody } from "../support/choose-tables.ts";
import { connectWarehouse, createEngineDeps } from "../support/engine-deps.ts";
import { type NullWarehouse, startNullWarehouse } from "../support/null-warehouse.ts";
import { until } from "../support/until.ts";

/*
 * The long proof: two daemons work off runs while daemons are killed, PostgreSQL is stopped at once
 * and started again, and one call in fifty is answered 503 and one in fifty is carried out and cut
 * off. Then a reader of the history counts what was done twice, not at all, or out of order.
 *
 *   node test/flows/soak.ts [--jobs 3000] [--kills 100] [--stops 5]
 */
const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "3000" },
    kills: { type: "string", default: "100" },
    stops: { type: "string", default: "5" },
  },
});
const wanted = {
  jobs: Number(values.jobs),
  kills: Number(values.kills),
  stops: Number(values.stops),
};
const tablesOfRun = 100;
const log = (text: string) => process.stderr.write(`${new Date().toISOString()} ${text}\n`);

/** Six levels; each table reads three of the level above. */
const graph = Array.from({ length: tablesOfRun }, (_, index) => {
  const level = Math.floor(index / 17);
  const above = (offset: number) => `t${(level - 1) * 17 + ((index * 5 + offset * 7) % 17)}`;
  return { name: `t${index}`, parents: level === 0 ? [] : [...new Set([0, 1, 2].map(above))] };
});

/** PostgreSQL behind a fixed port, so that its restarts are met by everyone as an outage. */
async function openPostgres() {
  const directory = await mkdtemp(join(tmpdir(), "maestro-soak-"));
  await chmod(directory, 0o755);
  const silent = pino({ level: "silent" });
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ directory, log: silent });
  const portOf = () => Number(new URL(server.connectionString("soak")).port);
  const proxy = createServer((client) => {
    const upstream = connect(portOf(), "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  await ensureDatabase(server, "soak");
  const url = new URL(server.connectionString("soak"));
  url.port = String((proxy.address() as AddressInfo).port);
  const client = new pg.Client({ connectionString: server.connectionString("soak") });
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>("show data_directory");
  await client.end();
  const pidFile = join(rows[0]!.data_directory, "postmaster.pid");
  return {
    connectionString: url.toString(),
    /** As if its machine had lost power, and came back after a moment. */
    async stopAtOnce() {
      const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
      process.kill(pid, "SIGQUIT");
      await until("PostgreSQL has gone", () => !isAlive(pid));
      await delay(1_000);
      server = await startEmbeddedPostgres({ directory, log: silent });
    },
    async close() {
      proxy.close();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function startDaemon(connectionString: string, warehouseUrl: string, name: string): ChildProcess {
  const script = new URL("../support/engine-process.ts", import.meta.url);
  return fork(script, [connectionString, warehouseUrl, name], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
}

function injectFaults(warehouse: NullWarehouse): () => number {
  let injected = 0;
  warehouse.intercept = ({ phase }) => {
    const isFault = Math.random() < 0.02;
    if (isFault) injected += 1;
    if (!isFault) return null;
    return phase === "before" ? { status: 503, reason: "backendError" } : "cut";
  };
  warehouse.durationMs = () => 20 + Math.random() * 400;
  return () => injected;
}

async function main(): Promise<number> {
  const postgres = await openPostgres();
  const warehouse = await startNullWarehouse();
  const { connectionString } = postgres;
  await migrateDatabase(connectionString);
  const deps = createEngineDeps({
    connectionString,
    warehouse: await connectWarehouse(warehouse.url),
  });
  const ids = await insertCatalog(deps.db, graph);
  await deps.pool.query(moveLog);
  const injected = injectFaults(warehouse);
  const daemons = [0, 1].map((slot) =>
    startDaemon(connectionString, warehouse.url, `daemon ${slot}`),
  );
  const runs = wanted.jobs / tablesOfRun;
  for (let run = 0; run < runs; run += 1) await startRun(deps, chooseTables(ids.values()), nobody);

  const isDone = async () => {
    const query = deps.pool.query("select count(*)::int as n from runs where ended_at is null");
    const { rows } = await query.catch(() => ({ rows: [{ n: 1 }] }));
    return rows[0].n === 0;
  };
  let kills = 0;
  let stops = 0;
  let done = false;
  while (!done) {
    await delay(500 + Math.random() * 2_000);
    done = await isDone();
    if (done) break;
    if (kills < wanted.kills) {
      const slot = kills % daemons.length;
      daemons[slot]!.kill("SIGKILL");
      kills += 1;
      daemons[slot] = startDaemon(
        connectionString,
        warehouse.url,
        `daemon ${slot} of kill ${kills}`,
      );
    }
    if (stops < wanted.stops && kills >= ((stops + 1) * wanted.kills) / (wanted.stops + 1)) {
      stops += 1;
      await postgres.stopAtOnce();
    }
    log(
      `${warehouse.jobs.size} of ${wanted.jobs} jobs, ${kills} kills, ${stops} stops, ${injected()} faults`,
    );
  }
  const faults = await readHistory(deps.pool, warehouse);
  log(
    `${JSON.stringify({ jobs: warehouse.jobs.size, kills, stops, faultsInjected: injected(), ...faults })}`,
  );
  for (const daemon of daemons) daemon.kill("SIGKILL");
  await deps.close();
  await warehouse.close();
  await postgres.close();
  return Object.values(faults).every((count) => count === 0) ? 0 : 1;
}

const moveLog = `
  create table moves (old_state text, new_state text);
  create function log_move() returns trigger language plpgsql as $$ begin
    insert into moves values (old.state, new.state); return new; end $$;
  create trigger log_move after update of state on table_runs for each row
    when (old.state is distinct from new.state) execute function log_move();`;

/** What went wrong, counted. No job fails in this warehouse: a second attempt is a double. */
async function readHistory(pool: pg.Pool, warehouse: NullWarehouse) {
  const { rows } = await pool.query<{
    id: string;
    name: string;
    run_id: string;
    state: string;
    parents: string[];
  }>(
    `select id, run_id, state, definition ->> 'name' as name, parent_ids::text[] as parents from table_runs`,
  );
  const byTableRun = Map.groupBy(warehouse.jobs.values(), (job) => job.jobId.split("_")[2]!);
  let doubled = 0;
  let lost = 0;
  let disordered = 0;
  for (const { id, state, parents } of rows) {
    const jobs = byTableRun.get(id) ?? [];
    if (jobs.length > 1) doubled += 1;
    if (jobs.length === 0 || state !== "succeeded") lost += 1;
    const beganAt = Math.min(...jobs.map((job) => job.insertedAt));
    const isEarly = (parent: string) =>
      (byTableRun.get(parent)?.[0]?.doneAt ?? Number.POSITIVE_INFINITY) > beganAt;
    if (parents.some(isEarly)) disordered += 1;
  }
  const moves = await pool.query<{ old_state: TableRunState; new_state: TableRunState }>(
    "select distinct * from moves",
  );
  const forbidden = moves.rows.filter((move) => !mayMove(move.old_state, move.new_state)).length;
  const unfinished = await pool.query("select 1 from runs where state <> 'succeeded'");
  return {
    doubled,
    lost,
    disordered,
    forbiddenMoves: forbidden,
    runsNotSucceeded: unfinished.rows.length,
  };
}

process.exitCode = await main();
