import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { pino } from "pino";
import { migrateDatabase } from "../../../server/db/migrate.ts";
import { startLocalCloud } from "../../../server/embedded/local-cloud.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../../../server/embedded/postgres.ts";
import { startRedis } from "../../support/redis.ts";
import { createDataDir, removeDataDir, startMaestro } from "../../support/start-maestro.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { until } from "../../support/until.ts";
import type { Outage } from "./check-fleet.ts";

export const secret = "a secret of the fleet";
const patienceMs = 240_000;
const main = join(import.meta.dirname, "../../../server/main.ts");

export interface FleetTimes {
  pingTimeoutSeconds: number;
  periodSeconds: number;
  lockTtlMs: number;
}

/** The real roles `api` and `worker` over a PostgreSQL, a Redis behind a proxy and a local cloud of their own. */
export async function openFleet(times: FleetTimes, transferRooms: number) {
  const dataDir = await createDataDir();
  const log = pino({ level: "silent" });
  const [postgres, redis, cloud] = await Promise.all([
    startEmbeddedPostgres({ directory: join(dataDir, "postgres"), log }),
    startRedis(),
    startLocalCloud({ dataDir, host: "127.0.0.1", port: 0, log, standalone: true }),
  ]);
  for (const name of ["fleet", "source"]) await ensureDatabase(postgres, name);
  const connectionString = postgres.connectionString("fleet");
  await migrateDatabase(connectionString);
  const redisProxy = await startTcpProxy({
    host: "127.0.0.1",
    port: Number(new URL(redis.url).port),
  });
  const client = new pg.Client({ connectionString });
  client.on("error", () => undefined);
  await client.connect();
  const environment = {
    MAESTRO_DB_CONNECT: connectionString,
    MAESTRO_EXTENSIONS_REDIS_URL: `redis://127.0.0.1:${redisProxy.port}`,
    MAESTRO_LOCAL_CLOUD_URL: cloud.url,
    MAESTRO_SECRET: secret,
    MAESTRO_PINGTIMEOUT: String(times.pingTimeoutSeconds),
  };
  const api = await startMaestro({
    dataDir,
    role: "api",
    environment: { ...environment, MAESTRO_LOGPATH: join(dataDir, "api.log") },
  });
  const logPath = join(dataDir, "worker.log");
  const startWorker = (): ChildProcess => {
    const output = openSync(logPath, "a");
    return spawn(process.execPath, [main, "worker"], {
      stdio: ["ignore", output, output],
      env: {
        ...process.env,
        ...environment,
        MAESTRO_DATA_DIR: dataDir,
        MAESTRO_ROOMS_URL: api.url,
        MAESTRO_WATCHER_AUTOSCALINGPERIOD: String(times.periodSeconds),
        MAESTRO_WATCHER_LOCKTIMEOUTMS: String(times.lockTtlMs),
        MAESTRO_WORKER_SYNCPERIOD: String(times.periodSeconds),
        MAESTRO_TRANSFER_ROOMS: String(transferRooms),
      },
    });
  };
  let worker = startWorker();

  return {
    dataDir,
    connectionString,
    cloudUrl: cloud.url,
    source: postgres.connectionString("source"),
    client,
    /** Kills it and starts another; resolves when that one watches. */
    async killWorker(scheduler: string): Promise<Outage> {
      const fence = async () => {
        const asked = "select watcher_fence as fence from schedulers where name = $1";
        return (await client.query<{ fence: number }>(asked, [scheduler])).rows[0]?.fence ?? 0;
      };
      const before = await fence();
      const ended = once(worker, "exit");
      const fromMs = Date.now();
      worker.kill("SIGKILL");
      await ended;
      worker = startWorker();
      await until("another worker watches", async () => (await fence()) > before, patienceMs);
      return { fromMs, toMs: Date.now() };
    },
    flushRedis: () => redis.flush(),
    redisAway: { begin: () => redisProxy.refuse(), end: () => redisProxy.comeBack() },
    async close({ keep }: { keep: boolean }) {
      worker.kill("SIGKILL");
      const { rows } = await client.query<{ pid: number }>("select pid from rooms where pid > 1");
      for (const { pid } of rows) killGroup(pid);
      await client.end();
      await api.stop();
      await Promise.all([redisProxy.close(), redis.stop(), cloud.close()]);
      await postgres.stop();
      if (!keep) await removeDataDir(dataDir);
    },
  };
}

export type Fleet = Awaited<ReturnType<typeof openFleet>>;

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone.
  }
}
