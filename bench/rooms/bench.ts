import { spawnSync } from "node:child_process";
import { join } from "node:path";
import pg from "pg";
import { pino } from "pino";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../../server/embedded/postgres.ts";
import { startRedis, type TestRedis } from "../../test/support/redis.ts";
import { createDataDir, removeDataDir, startMaestro } from "../../test/support/start-maestro.ts";
import type { BenchOptions } from "../support/options.ts";
import { noisyCores, waitForQuiet, watchForeignLoad } from "../support/quiet.ts";
import type { BenchResult, Observation, Target } from "../support/report.ts";
import { spreadOf } from "../support/statistics.ts";
import { createPinger, type Pings } from "./ping-rooms.ts";

const roomsOf = { small: 10_000, full: 10_000 };
const roundsOf = { small: 5, full: 20 };
const connections = 64;
const scheduler = "fleet";
/** How often a room pings. */
const periodSeconds = 10;
const secret = "of the rooms of this bench";

/**
 * 10,000 rooms that ping one API process on this machine, which their pinging shares its cores with:
 * as fast as it answers, and at the pace that so many rooms have.
 */
export async function run({ size, log }: BenchOptions): Promise<BenchResult> {
  const dataDir = await createDataDir();
  const server = await startEmbeddedPostgres({
    directory: join(dataDir, "postgres"),
    log: pino({ level: "silent" }),
  });
  const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
  const redis = hasRedis ? await startRedis() : null;
  const observations: Observation[] = [];
  const targets: Target[] = [];
  try {
    const stores = redis ? ["PostgreSQL", "Redis"] : ["PostgreSQL"];
    for (const store of stores) {
      const measured = await measureStore(store, { dataDir, server, redis, size, log });
      observations.push(observe(store, measured));
      targets.push(targetOf(store, measured));
    }
  } finally {
    await redis?.stop();
    await server.stop();
    await removeDataDir(dataDir);
  }
  return {
    comparisons: [],
    observations,
    targets,
    verified: ["every ping was answered 200, and afterwards every room was ready"],
    missing: redis ? [] : [{ name: "Redis", why: "redis-server is not installed" }],
  };
}

interface Measured {
  flood: Pings[];
  pace: Pings[];
  noisy: number;
}

async function measureStore(
  store: string,
  context: {
    dataDir: string;
    server: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
    redis: TestRedis | null;
  } & Pick<BenchOptions, "size" | "log">,
): Promise<Measured> {
  const { server, size, log } = context;
  const name = store.toLowerCase();
  await ensureDatabase(server, name);
  const connectionString = server.connectionString(name);
  await migrateDatabase(connectionString);
  const client = new pg.Client({ connectionString });
  await client.connect();
  const rooms = await insertRooms(client, roomsOf[size]);
  const environment: Record<string, string> = {
    MAESTRO_DB_CONNECT: connectionString,
    MAESTRO_SECRET: secret,
    MAESTRO_LOCAL_CLOUD_URL: "http://127.0.0.1:9",
  };
  if (store === "Redis" && context.redis) {
    environment["MAESTRO_EXTENSIONS_REDIS_URL"] = context.redis.url;
  }
  const api = await startMaestro({
    dataDir: join(context.dataDir, name),
    role: "api",
    environment,
  });
  const pinger = createPinger({ url: api.url, secret, scheduler, rooms, connections });
  const measured: Measured = { flood: [], pace: [], noisy: 0 };
  try {
    // Their first ping makes them ready, which is written to PostgreSQL in both cases.
    await pinger.flood();
    await requireReady(client, rooms.length);
    for (let round = 0; round < roundsOf[size]; round += 1) {
      await waitForQuiet(5);
      const foreignLoad = watchForeignLoad();
      measured.flood.push(await pinger.flood());
      measured.pace.push(await pinger.pace(periodSeconds));
      measured.noisy += foreignLoad() > noisyCores ? 1 : 0;
      log(`${store}: round ${round + 1}: ${Math.round(rateOf(measured.flood.at(-1)))} pings/s`);
    }
    await requireReady(client, rooms.length);
  } finally {
    pinger.close();
    await api.stop();
    await client.end();
  }
  return measured;
}

async function insertRooms(client: pg.Client, count: number): Promise<string[]> {
  const specification = { name: scheduler, cmd: ["room"], pingNetworks: [] };
  await client.query(
    `with made as (insert into schedulers (name) values ($1) returning id),
     version as (insert into scheduler_versions (scheduler_id, version, specification)
       select id, 1, $2 from made)
     insert into rooms (scheduler_id, id) select id, 'room-' || n from made, generate_series(1, $3::int) n`,
    [scheduler, JSON.stringify(specification), count],
  );
  return Array.from({ length: count }, (_, index) => `room-${index + 1}`);
}

async function requireReady(client: pg.Client, count: number): Promise<void> {
  const { rows } = await client.query("select count(*)::int as n from rooms where state = 'ready'");
  if (rows[0].n !== count) throw new Error(`${rows[0].n} of ${count} rooms are ready`);
}

const rateOf = (pings: Pings | undefined) => (pings ? pings.count / pings.seconds : Number.NaN);

function percentile(latencies: number[], share: number): number {
  const sorted = latencies.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function observe(store: string, { flood, pace, noisy }: Measured): Observation {
  const cells = (values: number[]) => {
    const { median, min, max } = spreadOf(values);
    return `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;
  };
  const row = (what: string, pings: Pings[]) => [
    what,
    cells(pings.map(rateOf)),
    cells(pings.map(({ latencies }) => percentile(latencies, 0.5))),
    cells(pings.map(({ latencies }) => percentile(latencies, 0.99))),
  ];
  return {
    title: `Pings kept in ${store}`,
    note: `${flood.length} rounds, ${noisy} of them noisy; median (min–max).`,
    columns: ["", "pings/s", "p50 ms", "p99 ms"],
    rows: [
      row(`as fast as it answers, over ${connections} connections`, flood),
      row(`each room once in ${periodSeconds} s`, pace),
    ],
  };
}

function targetOf(store: string, { flood, pace }: Measured): Target {
  const { median } = spreadOf(flood.map(rateOf));
  const needed = (pace[0]?.count ?? 0) / periodSeconds;
  return {
    what: `one API process takes the pings of all rooms, kept in ${store}`,
    reach: `≥ ${needed} pings/s`,
    measured: `${Math.round(median)} pings/s`,
    met: median >= needed,
  };
}
