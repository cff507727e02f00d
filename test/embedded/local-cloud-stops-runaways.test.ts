import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BigQuery, Job } from "@google-cloud/bigquery";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type CloudProcess,
  clientsOf,
  ended,
  rejection,
  spawnCloud,
} from "./support/local-cloud.ts";

const memoryMb = 300;
/** What docs/local-cloud.md promises of the process. */
const boundMb = memoryMb + 768;

let dataDir: string;
let cloud: CloudProcess;
let bigquery: BigQuery;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "maestro-test-runaways-"));
  cloud = await spawnCloud(dataDir, ["--standalone"], {
    WAREHOUSE_MEMORY_MB: String(memoryMb),
    WAREHOUSE_SPILL_MB: "64",
  });
  bigquery = (await clientsOf(cloud.url)).bigquery;
});
afterAll(async () => {
  await cloud.kill("SIGKILL");
  await rm(dataDir, { recursive: true, force: true });
});

const million = "UNNEST(GENERATE_ARRAY(1, 1000000))";
const endless = {
  "a product of rows": `SELECT COUNT(*) AS n FROM ${million} AS a, ${million} AS b, ${million} AS c WHERE a + b * c = 7`,
  "a loop": "LOOP END LOOP",
  "a loop of statements": "LOOP SELECT 1 AS x; END LOOP",
  "a recursion over new rows":
    "WITH RECURSIVE t AS (SELECT 1 AS n UNION DISTINCT SELECT n + 1 FROM t) SELECT MAX(n) AS n FROM t",
  "a function in JavaScript":
    "CREATE TEMP FUNCTION f() RETURNS FLOAT64 LANGUAGE js AS 'while (true);'; SELECT f() AS x",
};

async function errorOf(job: Job): Promise<{ reason: string; message: string }> {
  await ended(job).catch(() => undefined);
  const [metadata] = await job.getMetadata();
  return metadata.status.errorResult;
}

/** The most memory that the process has ever had, as the system counts it. */
async function peakMb(): Promise<number> {
  const status = await readFile(`/proc/${cloud.pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

test("jobs without an end are ended by jobTimeoutMs, and others are answered meanwhile", async () => {
  const jobs = await Promise.all(
    Object.values(endless).map(async (query) => {
      const [job] = await bigquery.createQueryJob({ query, jobTimeoutMs: 1000 });
      return job;
    }),
  );
  expect((await bigquery.query("SELECT 1 AS x"))[0]).toEqual([{ x: 1 }]);
  const told = {
    reason: "stopped",
    message: "Job execution was cancelled: Job timed out after 1 sec",
  };
  expect(await Promise.all(jobs.map(errorOf))).toEqual(jobs.map(() => told));
  expect((await rejection((jobs[0] as Job).getQueryResults())).code).toBe(499);
});

test("a job without a limit of its own ends by that of the warehouse", async () => {
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-runaways-"));
  const short = await spawnCloud(directory, ["--standalone"], { WAREHOUSE_JOB_SECONDS: "1" });
  try {
    const clients = await clientsOf(short.url);
    const [job] = await clients.bigquery.createQueryJob(endless["a loop of statements"]);
    expect(await errorOf(job)).toMatchObject({
      reason: "timeout",
      message: expect.stringMatching(
        /^Operation timed out after 1 sec\. Consider reducing .* MAESTRO_WAREHOUSE_JOB_SECONDS sets it\.$/,
      ),
    });
  } finally {
    await short.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  }
});

test("a recursion without an end is ended as BigQuery ends it", async () => {
  const query =
    "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT MAX(n) AS n FROM t";
  expect((await rejection(bigquery.query(query))).message).toBe(
    "A recursive CTE has reached the maximum number of iterations: 500.",
  );
  const [rows] = await bigquery.query(query.replace("FROM t)", "FROM t WHERE n < 400)"));
  expect(rows).toEqual([{ n: 400 }]);
});

const long = "REPEAT(CAST(a AS STRING), 2000)";
const large: [string, string, RegExp][] = [
  [
    "JavaScript that takes all memory",
    "CREATE TEMP FUNCTION f() RETURNS FLOAT64 LANGUAGE js AS 'const a = []; while (true) a.push(new Uint8Array(1000000));'; SELECT f() AS x",
    /UDF out of memory/,
  ],
  [
    "an array of all rows",
    `SELECT ARRAY_LENGTH(ARRAY_AGG(${long})) AS n FROM ${million} AS a`,
    /^Resources exceeded during query execution: The query could not be executed in the allotted memory of 300(\.0)? MiB.*MAESTRO_WAREHOUSE_MEMORY_MB/,
  ],
  [
    "rows that do not fit",
    `SELECT COUNT(DISTINCT ${long}) AS n FROM ${million} AS a`,
    /^Resources exceeded during query execution: The query could not be executed in the allotted (disk space of 64\.0 MiB.*MAESTRO_WAREHOUSE_SPILL_MB|memory of 300.*MAESTRO_WAREHOUSE_MEMORY_MB)/,
  ],
  ["an array without an end", "SELECT GENERATE_ARRAY(1, 1000000000) AS a", /too many elements/],
  [
    "a text without an end",
    "SELECT REPEAT('x', 1000000000) AS a",
    /max allowed output size of 1MB/,
  ],
  [
    "a text that grows in one step",
    "SELECT LENGTH(REPLACE(REPEAT('x', 1000000), 'x', REPEAT('y', 1000000))) AS n",
    /Output of REPLACE exceeds the size of a row, 100 MB/,
  ],
  [
    "a number with a billion digits",
    'SELECT FORMAT("%\'.99999999d", 1) AS x',
    /FORMAT with a width or precision above 9999/,
  ],
  [
    "a distance of long texts",
    "SELECT EDIT_DISTANCE(REPEAT('a', 100000), REPEAT('b', 100000)) AS n",
    /EDIT_DISTANCE of texts that long/,
  ],
];

test.each(large)("%s is refused or ended, and says by what", async (_, query, message) => {
  expect((await rejection(bigquery.query(query))).message).toMatch(message);
});

test("all of that stays within the bound, and leaves a warehouse that answers", async () => {
  expect((await bigquery.query("SELECT 1 AS x"))[0]).toEqual([{ x: 1 }]);
  expect(await peakMb()).toBeLessThan(boundMb);
});
