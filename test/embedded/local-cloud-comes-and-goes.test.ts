import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LocalCloud, startLocalCloud } from "../../server/embedded/local-cloud.ts";
import { clientsOf, until } from "./support/local-cloud.ts";

let dataDir = "";
let cloud: LocalCloud | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "maestro-test-cloud-"));
});
afterEach(async () => {
  await cloud?.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(options: { orphanAfterMs?: number; port?: number } = {}) {
  cloud = await startLocalCloud({
    dataDir,
    host: "127.0.0.1",
    port: 0,
    log: pino({ level: "silent" }),
    ...options,
  });
  return cloud;
}

async function stop(): Promise<void> {
  await cloud?.close();
  cloud = undefined;
}

test("it says where it is while it runs, and no longer when it is stopped", async () => {
  const { url } = await start();
  const state = JSON.parse(await readFile(join(dataDir, "local-cloud.json"), "utf8"));
  expect(state).toMatchObject({ pid: process.pid, url });
  await stop();
  await expect(readFile(join(dataDir, "local-cloud.json"))).rejects.toThrow("ENOENT");
});

test("without an owner it ends by itself, but not while it is asked or a job runs", async () => {
  const { url, ended } = await start({ orphanAfterMs: 400 });
  const { bigquery } = await clientsOf(url);
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  for (let i = 0; i < 10; i += 1) {
    expect((await fetch(`${url}/owner`, { method: "POST" })).status).toBe(200);
    await delay(100);
  }
  expect(hasEnded).toBe(false);
  const [job] = await bigquery.createQueryJob({
    query:
      "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 1000000)) AS a, UNNEST(GENERATE_ARRAY(1, 1000000)) AS b WHERE a + b = -1",
  });
  await delay(1_200);
  expect(hasEnded).toBe(false);
  await job.cancel();
  expect(await ended).toBe("orphaned");
});

test("tables, jobs and objects are there again after a restart", async () => {
  let clients = await clientsOf((await start()).url);
  await clients.bigquery.createDataset("d", { labels: { kept: "yes" } });
  await clients.bigquery.query("CREATE TABLE d.t AS SELECT 1 AS x");
  await clients.bigquery.createQueryJob({ query: "SELECT x FROM d.t", jobId: "kept" });
  await clients.storage.createBucket("b-kept");
  await clients.storage.bucket("b-kept").file("a/b").save("content");
  await until(async () => {
    const [{ status }] = await clients.bigquery.job("kept").getMetadata();
    return status.state === "DONE";
  });
  await stop();
  clients = await clientsOf((await start()).url);
  const [rows] = await clients.bigquery.job("kept").getQueryResults();
  expect(rows).toEqual([{ x: 1 }]);
  const [dataset] = await clients.bigquery.dataset("d").getMetadata();
  expect(dataset.labels).toEqual({ kept: "yes" });
  const [content] = await clients.storage.bucket("b-kept").file("a/b").download();
  expect(content.toString()).toBe("content");
});

test("expired tables and partitions are removed", async () => {
  let { bigquery } = await clientsOf((await start()).url);
  await bigquery.createDataset("d");
  await bigquery.dataset("d").createTable("days", {
    schema: [{ name: "day", type: "DATE" }],
    timePartitioning: { type: "DAY", field: "day", expirationMs: String(7 * 86_400_000) },
  });
  await bigquery.query(
    "INSERT INTO d.days SELECT DATE_SUB(CURRENT_DATE(), INTERVAL n DAY) FROM UNNEST([0, 3, 30]) AS n",
  );
  await bigquery.dataset("d").createTable("gone", {
    schema: [{ name: "x", type: "INTEGER" }],
    expirationTime: String(Date.now() - 1),
  });
  expect((await bigquery.dataset("d").table("gone").exists())[0]).toBe(false);
  await stop();
  bigquery = (await clientsOf((await start()).url)).bigquery;
  const days = bigquery.dataset("d").table("days");
  await until(async () => (await days.getMetadata())[0].numRows === "2");
  const [tables] = await bigquery.dataset("d").getTables();
  expect(tables.map((table) => table.id)).toEqual(["days"]);
});

test("a taken port and a taken directory are one clear sentence", async () => {
  const { url } = await start();
  const other = await mkdtemp(join(tmpdir(), "maestro-test-cloud-"));
  const log = pino({ level: "silent" });
  const port = Number(new URL(url).port);
  await expect(
    startLocalCloud({ dataDir: other, host: "127.0.0.1", port, log }),
  ).rejects.toMatchObject({
    code: "configuration",
    message: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`),
  });
  await rm(other, { recursive: true, force: true });
});

test("requests under another host's name are refused", async () => {
  const { url } = await start();
  const { request } = await import("node:http");
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request(
      `${url}/bigquery/v2/projects/p/datasets`,
      { headers: { host: "evil.example" } },
      (answer) => resolve(answer.statusCode),
    );
    asked.on("error", reject).end();
  });
  expect(status).toBe(403);
});
