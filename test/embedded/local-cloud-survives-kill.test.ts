import { expect, test } from "vitest";
import { projectId, rejection, tableReference, until } from "./support/local-cloud.ts";
import { restartedCloud } from "./support/restarted-cloud.ts";

const start = restartedCloud();

test("jobs accepted before kills are each done exactly once", async () => {
  let cloud = await start();
  await cloud.bigquery.createDataset("d");
  await cloud.bigquery.query("CREATE TABLE d.log (job INT64)");
  const jobs = 90;
  const kills = 3;
  const accepted = new Set<number>();
  for (let round = 0; round < kills; round += 1) {
    const from = (round * jobs) / kills;
    const before = accepted.size;
    const submissions = Array.from({ length: jobs / kills }, async (_, i) => {
      const job = from + i;
      await cloud.bigquery.createQueryJob({
        query: "INSERT INTO d.log SELECT @job",
        params: { job },
        jobId: `job_${job}`,
      });
      accepted.add(job);
    });
    // Killed while some are being accepted, some run and some are done.
    const settled = Promise.allSettled(submissions);
    await until(() => accepted.size >= before + 3 + round * 4);
    await cloud.process.kill("SIGKILL");
    await settled;
    cloud = await start();
  }
  const done = new Map<string, string>();
  await until(async () => {
    const [list] = await cloud.bigquery.getJobs({ maxResults: 1000 });
    for (const job of list) done.set(job.id ?? "", job.metadata.status.state);
    return [...accepted].every((job) => done.get(`job_${job}`) === "DONE");
  });
  const [rows] = await cloud.bigquery.query(
    "SELECT job, COUNT(*) AS times FROM d.log GROUP BY job",
  );
  const times = new Map(
    rows.map((row: { job: number; times: number }) => [row.job, row.times] as const),
  );
  for (const job of accepted) expect(times.get(job), `job ${job}`).toBe(1);
  expect([...times.values()].every((n) => n === 1)).toBe(true);
  // What has run without having been answered is a job all the same: nothing runs without one.
  for (const job of times.keys()) expect(done.has(`job_${job}`)).toBe(true);
}, 180_000);

test("a job killed in its middle runs again by itself, under its id", async () => {
  let cloud = await start();
  await cloud.bigquery.createDataset("d");
  await cloud.bigquery.query("CREATE TABLE d.t AS SELECT 'old' AS version, 0 AS n");
  const [job] = await cloud.bigquery.createQueryJob({
    query:
      "SELECT 'new' AS version, MOD(a * b, 1000) AS n FROM UNNEST(GENERATE_ARRAY(1, 4000)) AS a, UNNEST(GENERATE_ARRAY(1, 1000)) AS b",
    jobId: "long",
    destination: cloud.bigquery.dataset("d").table("t"),
    writeDisposition: "WRITE_TRUNCATE",
  });
  await until(async () => (await job.getMetadata())[0].status.state === "RUNNING");
  await cloud.process.kill("SIGKILL");
  cloud = await start();
  const again = cloud.bigquery.job("long");
  await until(async () => {
    const [{ status }] = await again.getMetadata();
    // Whoever reads meanwhile has the old rows or the new ones, whole.
    const [rows] = await cloud.bigquery.query(
      "SELECT version, COUNT(*) AS n FROM d.t GROUP BY version",
    );
    expect([1, 4_000_000]).toContain(rows[0].n);
    expect(rows).toHaveLength(1);
    return status.state === "DONE";
  });
  const [{ status }] = await again.getMetadata();
  expect(status.errorResult).toBeUndefined();
  const [table] = await cloud.bigquery.dataset("d").table("t").getMetadata();
  expect(table.numRows).toBe("4000000");
  const duplicate = await rejection(
    cloud.bigquery.createQueryJob({ query: "SELECT 1", jobId: "long" }),
  );
  expect(duplicate).toMatchObject({
    code: 409,
    message: `Already Exists: Job ${projectId}:US.long`,
  });
  expect(tableReference("t").projectId).toBe(projectId);
});

test("a script killed again and again goes on behind its last statement, and does none twice", async () => {
  let cloud = await start();
  await cloud.bigquery.createDataset("d");
  await cloud.bigquery.query("CREATE TABLE d.log (step STRING, i INT64, r FLOAT64)");
  await cloud.bigquery.createQueryJob({
    query: `DECLARE i INT64 DEFAULT 0;
      DECLARE r FLOAT64 DEFAULT RAND();
      CREATE TEMP TABLE seen (i INT64);
      WHILE i < 24 DO
        SET i = i + 1;
        INSERT INTO d.log VALUES ('alone', i, r);
        INSERT INTO seen VALUES (i);
        BEGIN TRANSACTION;
        INSERT INTO d.log VALUES ('first', i, r);
        INSERT INTO d.log VALUES ('second', i, r);
        COMMIT TRANSACTION;
        BEGIN
          SELECT 1 / (i - i);
        EXCEPTION WHEN ERROR THEN
          INSERT INTO d.log VALUES ('caught', i, r);
        END;
      END WHILE;
      SELECT COUNT(*) AS n FROM seen`,
    jobId: "script",
  });
  const stepsDone = async () => {
    const [[row]] = await cloud.bigquery.query("SELECT COUNT(*) AS n FROM d.log");
    return row.n as number;
  };
  for (const steps of [5, 30, 60]) {
    await until(async () => (await stepsDone()) >= steps);
    await cloud.process.kill("SIGKILL");
    cloud = await start();
  }
  const [result] = await cloud.bigquery.job("script").getQueryResults();
  expect(result).toEqual([{ n: 24 }]);
  const [rows] = await cloud.bigquery.query(
    "SELECT step, COUNT(*) AS n, COUNT(DISTINCT i) AS steps, COUNT(DISTINCT r) AS r FROM d.log GROUP BY step ORDER BY step",
  );
  expect(rows).toEqual(
    ["alone", "caught", "first", "second"].map((step) => ({ step, n: 24, steps: 24, r: 1 })),
  );
  const [metadata] = await cloud.bigquery.job("script").getMetadata();
  // RAND(), CREATE, six statements a round (one of them fails) and the last SELECT.
  expect(metadata.statistics.numChildJobs).toBe(String(2 + 24 * 6 + 1));
}, 180_000);

test("queries without an end leave the server responsive, and are cancelled", async () => {
  const { bigquery } = await start();
  await bigquery.createDataset("d");
  const endless = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      const [job] = await bigquery.createQueryJob({
        query:
          "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 1000000)) AS a, UNNEST(GENERATE_ARRAY(1, 1000000)) AS b WHERE a + b = -1",
        jobId: `endless_${i}`,
      });
      return job;
    }),
  );
  await until(async () => (await endless[0]?.getMetadata())?.[0].status.state === "RUNNING");
  const [datasets] = await bigquery.getDatasets();
  expect(datasets.map((dataset) => dataset.id)).toEqual(["d"]);
  const [dry] = await bigquery.createQueryJob({ query: "SELECT 1 AS x", dryRun: true });
  expect(dry.metadata.statistics.query.schema.fields[0].name).toBe("x");
  for (const job of endless) await job.cancel();
  for (const job of endless) {
    await until(async () => (await job.getMetadata())[0].status.state === "DONE");
    const [{ status }] = await job.getMetadata();
    expect(status.errorResult).toMatchObject({ reason: "stopped" });
  }
  // Everything that they held is free again.
  const [rows] = await bigquery.query("SELECT 1 AS x");
  expect(rows).toEqual([{ x: 1 }]);
});

test("a stop by SIGTERM leaves unfinished jobs to the next start", async () => {
  let cloud = await start();
  const [job] = await cloud.bigquery.createQueryJob({
    query:
      "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 40000)) AS a, UNNEST(GENERATE_ARRAY(1, 10000)) AS b WHERE a + b = -1",
    jobId: "stopped",
  });
  await until(async () => (await job.getMetadata())[0].status.state === "RUNNING");
  await cloud.process.kill("SIGTERM");
  cloud = await start();
  const [rows] = await cloud.bigquery.job("stopped").getQueryResults();
  expect(rows).toEqual([{ n: 0 }]);
});
