import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rooms, schedulerOperations } from "../../drizzle/schema/schedulers.ts";
import { serveHealth } from "../../server/commands/serve-health.ts";
import { createDbClient } from "../../server/db/client.ts";
import { createScheduler } from "../../server/services/schedulers/create-scheduler.ts";
import { startLoop, stuckLoops } from "../../server/support/loop.ts";
import {
  adminToken,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
let server: TestServer;
let webRoot: string;

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), "maestro-web-"));
  await mkdir(join(webRoot, "assets"));
  await writeFile(join(webRoot, "index.html"), "<!doctype html><title>Maestro</title>");
  await writeFile(join(webRoot, "assets/app-abc123.js"), `${"let a = 1;".repeat(1000)}\n`);
  context = await createTestDeps();
  server = await startTestServer(context.deps, { webRoot });
});

afterAll(async () => {
  await server.close();
  await context.close();
  await rm(webRoot, { recursive: true });
});

const html = { accept: "text/html,*/*" };

test("every page of the app is the app, and is asked for anew", async () => {
  for (const path of ["/", "/tables/12", "/runs?state=failed"]) {
    const response = await fetch(`${server.url}${path}`, { headers: html });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(await response.text()).toContain("Maestro");
  }
});

test("assets are kept for good and travel compressed", async () => {
  const response = await fetch(`${server.url}/assets/app-abc123.js`, {
    headers: { "accept-encoding": "br" },
  });
  expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(response.headers.get("content-encoding")).toBe("br");
  expect(await response.text()).toContain("let a = 1;");
});

test("an asset that is not there is missing, and nothing beside the app is served", async () => {
  expect((await fetch(`${server.url}/assets/gone.js`, { headers: html })).status).toBe(404);
  expect((await fetch(`${server.url}/favicon.ico`)).status).toBe(404);
  for (const path of [
    "/%2e%2e/etc/passwd",
    "/..%2f..%2fetc%2fpasswd",
    "/assets/..%2f..%2f..%2fetc%2fpasswd",
  ]) {
    expect(await (await fetch(`${server.url}${path}`)).text()).not.toContain("root:");
  }
});

test("without a build the pages say what to do", async () => {
  const unbuilt = await startTestServer(context.deps, { webRoot: "/nowhere" });
  const response = await fetch(`${unbuilt.url}/`, { headers: html });
  await unbuilt.close();
  expect(response.status).toBe(503);
  expect(await response.text()).toContain("npm run build:web");
});

test("health answers, and readiness names what is away", async () => {
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  const ready = await fetch(`${server.url}/readyz`);
  expect(await ready.json()).toEqual({ ready: true, checks: { postgres: "ok", warehouse: "ok" } });
  const { deps } = context;
  let logged = "";
  const log = pino({}, { write: (line) => (logged += line) });
  let asked = 0;
  let now = Date.now();
  const getTable = () => {
    asked += 1;
    return Promise.reject(new Error("no route to 10.1.2.3"));
  };
  const warehouse = { ...deps.warehouse, getTable };
  const cut = await startTestServer({ ...deps, warehouse, log, now: () => new Date(now) });
  const ask = () => fetch(`${cut.url}/readyz`);
  const answers = await Promise.all(Array.from({ length: 20 }, ask));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  expect(await answers[0]?.json()).toEqual({
    ready: false,
    checks: { postgres: "ok", warehouse: "away" },
  });
  // Anybody may ask, however often: the warehouse is asked once, and why it is away is in the log.
  expect(asked).toBe(1);
  expect(logged).toContain("no route to 10.1.2.3");
  // The web app is there all the same: a balancer asks for what that needs.
  expect((await fetch(`${cut.url}/readyz?part=postgres`)).status).toBe(200);
  expect((await fetch(`${cut.url}/readyz?part=warehouse`)).status).toBe(503);
  expect((await fetch(`${cut.url}/readyz?part=moon`)).status).toBe(400);
  now += 5_000;
  await ask();
  expect(asked).toBe(2);
  await cut.close();
});

test("a worker answers probes whatever address is asked, and who works off a backlog is not stuck", async () => {
  const health = await serveHealth(context.deps, { host: "127.0.0.1", port: 0 });
  const status = async (path: string) =>
    (await fetch(`http://127.0.0.1:${health.port}${path}`)).status;
  // An address that is no URL ends no process.
  expect(await status("//")).toBe(404);
  expect(await status("/healthz?x=[")).toBe(200);
  expect(await status("/readyz?part=postgres")).toBe(200);
  await health.close();

  const end = Promise.withResolvers<void>();
  const loop = { log: context.deps.log, periodMs: 60_000, body: () => end.promise };
  const loops = [
    startLoop({ ...loop, name: "hangs" }),
    startLoop({ ...loop, name: "backlog", isUnbounded: true }),
  ];
  expect(stuckLoops(-1)).toEqual(["hangs"]);
  end.resolve();
  await Promise.all(loops.map((one) => one.stop()));
});

test("metrics tell rooms by state, and how long the oldest of what waits has waited", async () => {
  const { db } = context.deps;
  const actor = { userId: null, name: "test" };
  const { id: schedulerId } = await createScheduler(context.deps, actor, {
    name: "measured",
    cmd: ["true"],
  });
  await db.insert(rooms).values([
    { schedulerId, id: "r1", state: "ready" },
    { schedulerId, id: "r2", state: "ready" },
    { schedulerId, id: "r3", state: "terminated" },
  ]);
  await db.update(schedulerOperations).set({ createdAt: sql`now() - interval '90 seconds'` });
  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toContain('maestro_rooms{scheduler="measured",state="ready"} 2\n');
  expect(text).not.toContain('state="terminated"');
  const age = (queue: string) =>
    Number(new RegExp(`maestro_queue_age_seconds\\{queue="${queue}"\\} (\\S+)`).exec(text)?.[1]);
  expect(age("operation")).toBeGreaterThanOrEqual(90);
  expect(age("transfer")).toBe(0);
  expect(age("table_run")).toBe(0);
});

test("while PostgreSQL is away the metrics of the process are answered", async () => {
  const options = { poolSize: 1, applicationName: "test" };
  const away = createDbClient({ connectionString: "postgres://nobody@127.0.0.1:9/x", ...options });
  const cut = await startTestServer({ ...context.deps, db: away.db, pool: away.pool });
  const answer = await fetch(`${cut.url}/metrics`);
  expect(answer.status).toBe(200);
  const text = await answer.text();
  expect(text).toContain("maestro_database_up 0");
  expect(text).toContain("nodejs_eventloop_lag_seconds");
  expect(text).not.toContain("maestro_work{");
  await cut.close();
  await away.close();
});

test("metrics count answers and work; beyond the loopback they ask for a token", async () => {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toMatch(/maestro_http_request_duration_seconds_count\{.*route="\/healthz"/);
  expect(text).toContain("nodejs_eventloop_lag_seconds");
  expect(text).toContain("# TYPE maestro_work gauge");
  expect(text).toMatch(/maestro_pool_connections\{state="most"\} 8\n/);
  expect(text).toMatch(/maestro_pool_waiting \d/);
  expect(text).toContain("maestro_database_up 1");
  const open = await startTestServer(context.deps, { allowedHosts: "any" });
  expect((await fetch(`${open.url}/metrics`)).status).toBe(401);
  const headers = { authorization: `Bearer ${await adminToken(context.deps, ["read"])}` };
  expect((await fetch(`${open.url}/metrics`, { headers })).status).toBe(200);
  await open.close();
});
