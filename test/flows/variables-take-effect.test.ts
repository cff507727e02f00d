import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDbClient } from "../../server/db/client.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type PostgresProxy, startPostgresProxy } from "../support/postgres-proxy.ts";
import { createDataDir, removeDataDir, runMaestro } from "../support/start-maestro.ts";
import { until } from "../support/until.ts";

/* Settings of the roles, each by what it does to the running program. */

const main = join(import.meta.dirname, "../../server/main.ts");
const poolSize = 3;

let database: TestDatabase;
let dataDir: string;
let api: ChildProcess;
let output = "";

/** Nobody asks this warehouse anything here. */
const noCloud = { MAESTRO_LOCAL_CLOUD_URL: "http://127.0.0.1:9" };

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await createDataDir();
  api = spawn(process.execPath, [main, "api", "-listen", "127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...postgresVariables(database), ...noCloud },
  });
  for (const stream of [api.stdout, api.stderr]) {
    stream?.on("data", (text) => (output += String(text)));
  }
  await until("it serves", () => /API runs at \S+/.test(output) || api.exitCode !== null);
});
afterAll(async () => {
  if (api.exitCode === null) {
    api.kill("SIGKILL");
    await once(api, "close");
  }
  await removeDataDir(dataDir);
  await database.drop();
});

function postgresVariables({ connectionString }: TestDatabase): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(connectionString);
  return {
    MAESTRO_DATA_DIR: dataDir,
    MAESTRO_EXTENSIONS_PG_HOST: hostname,
    MAESTRO_EXTENSIONS_PG_PORT: port,
    MAESTRO_EXTENSIONS_PG_USER: decodeURIComponent(username),
    MAESTRO_EXTENSIONS_PG_PASS: decodeURIComponent(password),
    MAESTRO_EXTENSIONS_PG_DATABASE: pathname.slice(1),
    MAESTRO_EXTENSIONS_PG_POOLSIZE: String(poolSize),
  };
}

test("EXTENSIONS_PG_HOST, _PORT, _USER, _PASS, _DATABASE name where the state is; _POOLSIZE bounds the connections", async () => {
  const url = /API runs at (\S+)/.exec(output)?.[1];
  expect(output).toContain("API runs at");
  const [locking, watching] = ["", ""].map(
    () => new pg.Client({ connectionString: database.connectionString }),
  ) as [pg.Client, pg.Client];
  await Promise.all([locking.connect(), watching.connect()]);
  await locking.query("begin; lock table api_tokens in access exclusive mode");
  const headers = { "x-api-token": "maestro_guess" };
  const asked = Array.from({ length: 4 * poolSize }, () => fetch(`${url}/audit.csv`, { headers }));
  const countWaiting = async () => {
    const { rows } = await watching.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows[0]?.n ?? 0;
  };
  await until("all connections wait", async () => (await countWaiting()) >= poolSize);
  expect(await countWaiting()).toBe(poolSize);
  await locking.query("rollback");
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([401]));
  await Promise.all([locking.end(), watching.end()]);
});

test("EXTENSIONS_PG_CONNECTIONTIMEOUT ends a start that reaches no PostgreSQL, with the reason", async () => {
  const environment = {
    ...noCloud,
    MAESTRO_DB_CONNECT: "postgresql://nobody@127.0.0.1:9/none",
    MAESTRO_EXTENSIONS_PG_CONNECTIONTIMEOUT: "1",
  };
  const { code, stderr } = await runMaestro(["worker"], { dataDir, environment });
  expect(code).toBe(1);
  expect(stderr).toMatch(/maestro: PostgreSQL cannot be used: .*ECONNREFUSED/);

  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const hanging = { ...environment, MAESTRO_DB_CONNECT: `postgresql://a@127.0.0.1:${port}/b` };
  const late = await runMaestro(["worker"], { dataDir, environment: hanging });
  expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining("it does not answer") });
  silent.close();
});

test("all faults of the environment are told at once, and `maestro config` shows what holds", async () => {
  const environment = {
    MAESTRO_EXTENSIONS_PG_MAXRETRIES: "-1",
    MAESTRO_WORKER_GRACEFULSHUTDOWNTIMEOUT: "soon",
  };
  for (const command of ["worker", "config"]) {
    const { code, stderr } = await runMaestro([command], { dataDir, environment });
    expect(code).toBe(1);
    expect(stderr).toMatch(/_PG_MAXRETRIES is "-1".*\n.*_GRACEFULSHUTDOWNTIMEOUT is "soon"/s);
  }
  const given = { MAESTRO_SECRET: "words that stay here", MAESTRO_LOG_LEVEL: "warn" };
  const shown = await runMaestro(["config", "-listen", ":80"], { dataDir, environment: given });
  expect(shown.stdout).toMatch(/MAESTRO_LISTEN +flag +0\.0\.0\.0:80/);
  expect(shown.stdout).toMatch(/MAESTRO_LOG_LEVEL +environment +warn/);
  expect(shown.stdout).not.toContain("words that stay here");
});

/** Of a client that tries again as often as said; PostgreSQL breaks each connection at first. */
async function askThroughFaults(proxy: PostgresProxy, maxRetries: number, text: string) {
  const { connectionString } = proxy;
  const client = createDbClient({
    connectionString,
    poolSize: 1,
    applicationName: "t",
    maxRetries,
  });
  proxy.comeBack();
  await client.pool.query("select 1");
  proxy.refuse();
  const asked = client.pool.query(text).then(
    () => "answered",
    () => "failed",
  );
  return { client, asked };
}

test("EXTENSIONS_PG_MAXRETRIES repeats what failed for a connection, but no change that may be made", async () => {
  const proxy = await startPostgresProxy(database.connectionString);
  const impatient = await askThroughFaults(proxy, 0, "select count(*) from users");
  expect(await impatient.asked).toBe("failed");
  const patient = await askThroughFaults(proxy, 1_000, "select count(*) from users");
  proxy.comeBack();
  expect(await patient.asked).toBe("answered");

  let commits = 0;
  proxy.onCommit = ({ statements, phase }) => {
    if (!statements.join(" ").includes("insert") || phase === "before") return;
    commits += 1;
    return "cut";
  };
  const made = patient.client.pool.query("insert into groups (name) values ('once')");
  await expect(made).rejects.toThrow();
  expect(commits).toBe(1);
  await Promise.all([patient.client.close(), impatient.client.close(), proxy.close()]);
});

test("a server whose secret is rotated under it says so and exits by itself", async () => {
  const newPath = join(dataDir, "secret-of-later");
  await writeFile(newPath, "another secret, long enough");
  const environment = {
    ...postgresVariables(database),
    MAESTRO_SECRETPATH: join(dataDir, "secret"),
  };
  const args = ["rotate-secret", "--new-secretpath", newPath];
  const { code, stdout } = await runMaestro(args, { dataDir, environment });
  expect([code, stdout]).toEqual([
    0,
    expect.stringContaining("servers that ran with the old one stop"),
  ]);
  await until("the server has ended", () => api.exitCode !== null);
  expect(api.exitCode).toBe(1);
  expect(output).toMatch(
    /the secret was rotated .* start it again with the new secret \(-secret or/,
  );
});
