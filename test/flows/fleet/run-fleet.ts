import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createDbClient } from "../../../server/db/client.ts";
import type { Deps } from "../../../server/services/deps.ts";
import { createScheduler } from "../../../server/services/schedulers/create-scheduler.ts";
import { nobody } from "../../support/choose-tables.ts";
import { until } from "../../support/until.ts";
import { checkFleet, type FleetFaults, type Kill, type Outage } from "./check-fleet.ts";
import { startImports } from "./fleet-imports.ts";
import { type Fleet, openFleet } from "./fleet-surroundings.ts";

/*
 * Rooms that are processes, and what befalls them: in each minute SIGKILL takes a tenth of them and one of
 * those that do transfers, the worker is killed twice, Redis is emptied once and away for half a minute.
 * None that pings may be removed, each dead one is replaced in time, and imports arrive whole.
 */

const scheduler = "fleet";
const minutes = 5;
const transferRooms = 2;
/** What a room needs to start and to ping, on a machine where fifty others do. */
const bootMs = 5_000;
/** For what comes too late, so that the report can say how late. */
const patienceMs = 30_000;

export interface FleetOptions {
  rooms: number;
  /** How long a minute is; all other times are in proportion. */
  minuteSeconds: number;
  random: () => number;
  log: (line: string) => void;
}

export interface FleetReport {
  faults: FleetFaults & { imports: string[] };
  kills: number;
  transferRoomsKilled: number;
  /** After each kill of the worker, until its successor watched. */
  workersBackAfterSeconds: number[];
  slowestReplacementSeconds: number;
  limitSeconds: number;
  importRounds: number;
  importedRows: number;
  directory: string;
}

export async function runFleet(options: FleetOptions, signal: AbortSignal): Promise<FleetReport> {
  const { rooms: size, minuteSeconds, log } = options;
  const scaled = (seconds: number) => Math.max(1, Math.round((seconds * minuteSeconds) / 60));
  const times = {
    pingTimeoutSeconds: scaled(30),
    periodSeconds: scaled(10),
    lockTtlMs: scaled(180) * 1_000,
  };
  const fleet = await openFleet(times, transferRooms);
  const program = join(fleet.dataDir, "rooms");
  let isWhole = false;
  try {
    await makeFleet(fleet, size, program);
    await untilServing(fleet, size, scaled(600) * 1_000);
    log(`${size} rooms serve`);
    const imports = await startImports(fleet);
    const births = await watchBirths(fleet);
    const { kills, transferRoomsKilled, outages } = await strike(fleet, options, signal);
    const limitMs = (times.pingTimeoutSeconds + times.periodSeconds) * 1_000 + bootMs;
    const isReplaced = () => births.count() >= kills.length;
    await until("the last one is replaced", isReplaced, limitMs + patienceMs).catch(
      (error: unknown) => log(String(error)),
    );
    const bornMs = await births.stop();
    log("the blows are over; the imports end");
    const { rounds, rows, faults: importFaults } = await imports.stop();
    const checked = await checkFleet(fleet.client, scheduler, {
      bornMs,
      kills,
      outages,
      limitMs,
      program,
    });
    const faults = { ...checked.faults, imports: importFaults };
    isWhole = Object.values(faults).every((each) => each.length === 0);
    return {
      faults,
      kills: kills.length,
      transferRoomsKilled,
      workersBackAfterSeconds: outages.map(({ fromMs, toMs }) => (toMs - fromMs) / 1_000),
      slowestReplacementSeconds: Number(checked.slowestSeconds.toFixed(1)),
      limitSeconds: limitMs / 1_000,
      importRounds: rounds,
      importedRows: rows,
      directory: fleet.dataDir,
    };
  } catch (error) {
    log(`broken off: ${error instanceof Error ? error.stack : error}`);
    throw error;
  } finally {
    await fleet.close({ keep: !isWhole });
  }
}

async function makeFleet({ connectionString }: Fleet, size: number, program: string) {
  const client = createDbClient({ connectionString, poolSize: 1, applicationName: "fleet soak" });
  const changes = { publish: () => undefined } as unknown as Deps["changes"];
  const room = join(import.meta.dirname, "light-room.mjs");
  await createScheduler({ db: client.db, changes }, nobody, {
    name: scheduler,
    // By the last word its processes are told from others.
    cmd: [process.execPath, "--max-semi-space-size=1", room, program],
    requests: { cpu: "10m", memory: "1Mi" },
    shutdownTimeout: 10,
    autoscaling: { min: size, max: size },
  });
  await client.close();
}

async function untilServing({ client }: Fleet, size: number, timeoutMs: number): Promise<void> {
  const count = async () => {
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::int as n from rooms r join schedulers s on s.id = r.scheduler_id
       where s.name = $1 and r.state in ('ready', 'occupied')`,
      [scheduler],
    );
    return rows[0]?.n ?? 0;
  };
  const isThere = async () => (await count()) === size;
  await until(`${size} rooms serve`, isThere, timeoutMs);
}

const lookMs = 200;

/** When each room began to serve that was not there at first, in their order. */
async function watchBirths({ connectionString }: Fleet) {
  const client = createDbClient({ connectionString, poolSize: 1, applicationName: "fleet soak" });
  const seen = new Set<string>();
  const bornMs: number[] = [];
  const look = async () => {
    const { rows } = await client.pool.query<{ id: string }>(
      `select r.id from rooms r join schedulers s on s.id = r.scheduler_id
       where s.name = $1 and r.state in ('ready', 'occupied')`,
      [scheduler],
    );
    const found = rows.filter(({ id }) => !seen.has(id));
    for (const { id } of found) seen.add(id);
    return found.length;
  };
  await look();
  let isStopping = false;
  const looking = (async () => {
    while (!isStopping) {
      const count = await look();
      for (let at = 0; at < count; at += 1) bornMs.push(Date.now());
      await delay(lookMs);
    }
  })();
  return {
    count: () => bornMs.length,
    async stop(): Promise<number[]> {
      isStopping = true;
      await looking;
      await client.close();
      return bornMs;
    },
  };
}

/** Blows by the clock, in seconds of the whole. */
async function strike(fleet: Fleet, options: FleetOptions, signal: AbortSignal) {
  const { rooms: size, minuteSeconds, random, log } = options;
  const kills: Kill[] = [];
  let transferRoomsKilled = 0;
  const outages: Promise<Outage>[] = [];
  const at = (minute: number) => minute * minuteSeconds * 1_000;
  const kill = async () => {
    const killed = await killOne(fleet, random, kills);
    if (killed) kills.push(killed);
  };
  const blows: { atMs: number; name: string; act: () => Promise<unknown> | unknown }[] = [
    ...Array.from({ length: minutes * Math.ceil(size / 10) }, (_, index) => {
      const atMs = at((index + random()) / Math.ceil(size / 10));
      return { atMs, name: "a room is killed", act: kill };
    }),
    ...Array.from({ length: minutes }, (_, minute) => ({
      atMs: at(minute + random()),
      name: "a room of transfers is killed",
      act: async () => {
        transferRoomsKilled += (await killTransferRoom(fleet)) ? 1 : 0;
      },
    })),
    ...[1.3, 3.7].map((minute) => ({
      atMs: at(minute),
      name: "the worker is killed",
      // Whatever else befalls goes on meanwhile.
      act: () => void outages.push(fleet.killWorker(scheduler)),
    })),
    { atMs: at(2.1), name: "Redis is emptied", act: fleet.flushRedis },
    { atMs: at(2.6), name: "Redis is away", act: fleet.redisAway.begin },
    { atMs: at(3.1), name: "Redis is back", act: fleet.redisAway.end },
  ];
  const startedMs = performance.now();
  for (const { atMs, name, act } of blows.toSorted((one, other) => one.atMs - other.atMs)) {
    const waitMs = startedMs + atMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
    log(name);
    await act();
  }
  return { kills, transferRoomsKilled, outages: await Promise.all(outages) };
}

async function killOne(
  { client }: Fleet,
  random: () => number,
  before: Kill[],
): Promise<Kill | null> {
  const { rows } = await client.query<{ id: string; pid: number }>(
    `select r.id, r.pid from rooms r join schedulers s on s.id = r.scheduler_id
     where s.name = $1 and r.state in ('ready', 'occupied') and r.pid is not null order by r.id`,
    [scheduler],
  );
  const alive = rows.filter(({ id }) => !before.some(({ room }) => room === id));
  const victim = alive[Math.floor(random() * alive.length)];
  if (!victim) return null;
  return killNow(victim.pid) ? { room: victim.id, atMs: Date.now() } : null;
}

/** One that has a transfer, where there is one: `occupied` comes before `ready`. */
async function killTransferRoom({ client }: Fleet): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>(
    `select r.pid from rooms r join schedulers s on s.id = r.scheduler_id
     where s.name = 'maestro-transfers' and r.state in ('ready', 'occupied') and r.pid is not null
     order by r.state`,
  );
  return rows.some(({ pid }) => killNow(pid));
}

/** False where it was gone already. */
function killNow(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
