import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDbClient, type DbClient } from "../../server/db/client.ts";
import type { Deps } from "../../server/services/deps.ts";
import { createScheduler } from "../../server/services/schedulers/create-scheduler.ts";
import { deleteScheduler } from "../../server/services/schedulers/delete-scheduler.ts";
import { nobody } from "../support/choose-tables.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Kubernetes, startKubernetes } from "../support/kubernetes.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { createDataDir, removeDataDir, runMaestro } from "../support/start-maestro.ts";
import { until } from "../support/until.ts";

/* Settings of rooms and schedulers, each by what it does to one running worker that has them all. */

const main = join(import.meta.dirname, "../../server/main.ts");
const lockTtlMs = 7_000;
let database: TestDatabase;
let redis: TestRedis;
let kubernetes: Kubernetes;
let client: DbClient;
let dataDir: string;
let worker: ChildProcess;
let output = "";

beforeAll(async () => {
  [database, redis, kubernetes, dataDir] = await Promise.all([
    createTestDatabase(),
    startRedis(),
    startKubernetes(),
    createDataDir(),
  ]);
  client = createDbClient({
    connectionString: database.connectionString,
    poolSize: 2,
    applicationName: "test",
  });
  await kubernetes.writeConfig(join(dataDir, "kubeconfig"));
  await mkdir(join(dataDir, "rooms"));
  worker = spawn(process.execPath, [main, "worker"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      MAESTRO_DATA_DIR: dataDir,
      MAESTRO_DB_CONNECT: database.connectionString,
      MAESTRO_LOCAL_CLOUD_URL: "http://127.0.0.1:9",
      MAESTRO_EXTENSIONS_REDIS_URL: redis.url,
      MAESTRO_PINGTIMEOUT: "1",
      MAESTRO_WATCHER_LOCKKEY: "key-of-ours",
      MAESTRO_WATCHER_LOCKTIMEOUT: "1",
      MAESTRO_WATCHER_LOCKTIMEOUTMS: String(lockTtlMs),
      MAESTRO_WATCHER_AUTOSCALINGPERIOD: "1",
      MAESTRO_WATCHER_GRACEFULSHUTDOWNTIMEOUT: "1",
      MAESTRO_WORKER_SYNCPERIOD: "1",
      MAESTRO_SCALEUPTIMEOUTSECONDS: "4",
      MAESTRO_DELETETIMEOUTSECONDS: "1",
      MAESTRO_ROOMS_URL: "http://rooms.example:1",
      MAESTRO_TRANSFER_ROOMS: "3",
      MAESTRO_TRANSFER_ROOMS_MIN: "0",
      MAESTRO_KUBERNETES_CONFIG: join(dataDir, "kubeconfig"),
      MAESTRO_KUBERNETES_NAMESPACE: "rooms",
      MAESTRO_KUBERNETES_OWNER: "owner-of-ours",
      MAESTRO_HEALTH_LISTEN: "127.0.0.1:0",
    },
  });
  for (const stream of [worker.stdout, worker.stderr]) {
    stream?.on("data", (text) => (output += String(text)));
  }
  await until("the installation has its name", async () => (await instanceIds()).length === 1);
  await make("stubborn", {});
  await make("pods", { runtime: "kubernetes", image: "acme/scorer:1" });
});
afterAll(async () => {
  if (worker.exitCode === null && worker.signalCode === null) {
    worker.kill("SIGKILL");
    await once(worker, "close");
  }
  const running = await ask<{ pid: number }>("select pid from rooms where pid > 1");
  for (const { pid } of running) {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It is gone.
    }
  }
  await client.close();
  await Promise.all([redis.stop(), kubernetes.close()]);
  await removeDataDir(dataDir);
  await database.drop();
});

const ask = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
  (await client.pool.query<Row>(text, values)).rows;

/** Nobody tells the worker: it finds it. Its room says what it was given, hears no SIGTERM and pings nobody. */
async function make(name: string, more: object): Promise<void> {
  const changes = { publish: () => undefined } as unknown as Deps["changes"];
  await createScheduler({ db: client.db, changes }, nobody, {
    name,
    cmd: ["sh", "-c", "trap '' TERM; env; sleep 1000 & wait; wait; wait"],
    requests: { cpu: "10m", memory: "1Mi" },
    autoscaling: { min: 1, max: 1 },
    ...more,
  });
}

const instanceIds = () =>
  ask<{ id: string }>("select value ->> 'id' as id from settings where key = 'instance'");
const keyOf = async (lock: string) => `maestro:${(await instanceIds())[0]?.id}:locks:${lock}`;

const firstRoom = async (scheduler: string) =>
  (
    await ask<{ id: string; pid: number | null; reason: string | null }>(
      `select r.id, r.pid, r.reason from rooms r join schedulers s on s.id = r.scheduler_id
       where s.name = $1 order by r.created_at limit 1`,
      [scheduler],
    )
  )[0];
const reasonOf = async (scheduler: string, kind: string) =>
  (
    await ask<{ reason: string | null }>(
      `select o.reason from scheduler_operations o join schedulers s on s.id = o.scheduler_id
       where s.name = $1 and o.kind = $2 and o.state = 'failed'`,
      [scheduler, kind],
    )
  )[0]?.reason ?? null;

test("EXTENSIONS_REDIS_URL keeps the locks, called by WATCHER_LOCKKEY, which live for WATCHER_LOCKTIMEOUTMS", async () => {
  const key = await keyOf("key-of-ours:stubborn");
  const leftMs = async () =>
    Number(await redis.redis.run("return redis.call('PTTL', KEYS[1])", [key], []));
  await until("it is locked", async () => (await leftMs()) > 0);
  expect(await leftMs()).toBeLessThanOrEqual(lockTtlMs);
});

test("WATCHER_LOCKTIMEOUT bounds the waiting for a lock, and WORKER_SYNCPERIOD says when it is tried again", async () => {
  const set = "return redis.call('SET', KEYS[1], 'another', 'PX', 600000)";
  await redis.redis.run(set, [await keyOf("key-of-ours:held")], []);
  await make("held", {});
  const gaveUp = () => output.match(/"scheduler":"held"[^\n]*another worker has the lock/g) ?? [];
  await until("it has given up twice", () => gaveUp().length >= 2);
  expect(await firstRoom("held")).toBeUndefined();
});

test("PINGTIMEOUT ends rooms that do not ping; they are told of it, and of ROOMS_URL", async () => {
  await until("one is given up", async () => (await firstRoom("stubborn"))?.reason != null);
  const room = await firstRoom("stubborn");
  const seconds = Number(
    /it has not pinged within (\d+) s of its start/.exec(room?.reason ?? "")?.[1],
  );
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThan(30);
  const told = await readFile(join(dataDir, "rooms", `${room?.id}.log`), "utf8");
  expect(told).toMatch(/^MAESTRO_PINGTIMEOUT=1$/m);
  expect(told).toMatch(/^MAESTRO_URL=http:\/\/rooms\.example:1$/m);
});

test("SCALEUPTIMEOUTSECONDS ends the wait for new rooms", async () => {
  await until("it has failed", async () => (await reasonOf("stubborn", "create")) !== null);
  expect(await reasonOf("stubborn", "create")).toMatch(
    /not all rooms were ready within 4 s: room /,
  );
});

test("WATCHER_AUTOSCALINGPERIOD is the time between two points", async () => {
  const gaps = async () =>
    (
      await ask<{ seconds: number | null }>(
        `select extract(epoch from at - lag(at) over (order by at))::float8 as seconds
         from scheduler_points p join schedulers s on s.id = p.scheduler_id
         where s.name = 'stubborn' and p.trigger = 'rooms'`,
      )
    ).flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
  await until("there are some", async () => (await gaps()).length >= 2);
  // Each is as long as that at least; on a machine that does other things too one is much longer.
  expect(Math.min(...(await gaps()))).toBeLessThan(9);
});

test("TRANSFER_ROOMS and TRANSFER_ROOMS_MIN bound the rooms of maestro-transfers", async () => {
  const [row] = await ask(
    `select v.specification -> 'autoscaling' ->> 'min' as min, v.specification -> 'autoscaling' ->> 'max' as max
     from schedulers s join scheduler_versions v on v.scheduler_id = s.id and v.version = s.version
     where s.name = 'maestro-transfers'`,
  );
  expect(row).toEqual({ min: "0", max: "3" });
});

test("KUBERNETES_CONFIG, _NAMESPACE and _OWNER say where pods are, and whose", async () => {
  await until("there is one", () => kubernetes.made.length > 0);
  expect(kubernetes.made[0]?.metadata).toMatchObject({
    namespace: "rooms",
    labels: { "app.kubernetes.io/instance": "owner-of-ours", "maestro/scheduler": "pods" },
  });
});

test("HEALTH_LISTEN answers probes of a worker", async () => {
  const port = () => /"port":(\d+)[^\n]*answers \/healthz/.exec(output)?.[1];
  await until("it answers", () => port() !== undefined);
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port()}${path}`);
    return [answer.status, await answer.json()];
  };
  expect(await ask("/healthz")).toEqual([200, { ok: true, stuck: [] }]);
  const [status, body] = await ask("/readyz?part=postgres");
  expect([status, body]).toEqual([
    200,
    { ready: true, checks: { postgres: "ok", warehouse: "away" } },
  ]);
  expect((await ask("/readyz"))[0]).toBe(503);
});

test("DELETETIMEOUTSECONDS bounds a deletion, which fails and says how to go on", async () => {
  await make("busy", { autoscaling: { min: 0, max: 1 } });
  // A room of another machine, which pings for an hour to come.
  await ask(
    `insert into rooms (scheduler_id, id, state, machine, occupied_at, pinged_at)
     select id, 'busy-1', 'occupied', 'elsewhere', now(), now() + interval '1 hour'
     from schedulers where name = 'busy'`,
  );
  const changes = { publish: () => undefined } as unknown as Deps["changes"];
  await deleteScheduler({ db: client.db, changes }, nobody, "busy");
  await until("it has failed", async () => (await reasonOf("busy", "delete")) !== null);
  expect(await reasonOf("busy", "delete")).toMatch(/not ended within 1 s: delete it again/);
});

test("WATCHER_GRACEFULSHUTDOWNTIMEOUT ends the wait for watchers, and names whose look was left", async () => {
  const locking = await client.pool.connect();
  await locking.query("begin; lock table schedulers in access exclusive mode");
  try {
    const waiting = `select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    await until("a look waits", async () => (await ask(waiting)).length > 1);
    worker.kill("SIGTERM");
    await until("it has given up", () => /watchers: not ended within 1 s/.test(output));
  } finally {
    await locking.query("rollback");
    locking.release();
  }
  await until("it has ended", () => worker.exitCode !== null);
  expect(worker.exitCode).toBe(0);
});

test("EXTENSIONS_REDIS_CONNECTIONTIMEOUT ends a start that reaches no Redis, with the reason", async () => {
  const environment = {
    MAESTRO_DB_CONNECT: database.connectionString,
    MAESTRO_LOCAL_CLOUD_URL: "http://127.0.0.1:9",
    MAESTRO_EXTENSIONS_REDIS_URL: "redis://127.0.0.1:9",
    MAESTRO_EXTENSIONS_REDIS_CONNECTIONTIMEOUT: "1",
  };
  const { code, stderr } = await runMaestro(["worker"], { dataDir, environment });
  expect([code, stderr]).toEqual([1, expect.stringMatching(/Redis .*ECONNREFUSED/)]);
});
