import { afterAll, beforeAll, expect, test } from "vitest";
import { rejection, runJob, startTestCloud, type TestCloud } from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  await cloud.bigquery.query("CREATE TABLE d.numbers AS SELECT * FROM UNNEST([1, 2, 3]) AS n");
});
afterAll(() => cloud.stop());

const run = (query: string, jobId?: string) =>
  runJob(cloud.bigquery, { query: { query, useLegacySql: false } }, jobId);

const errors: [script: string, message: string][] = [
  ["SELECT 1;\nSELECT nope", "Query error: Unrecognized name: nope at [2:8]"],
  ["SELECT 1;\n  SELECT 1/0", "Query error: division by zero: 1 / 0 at [2:3]"],
  ["SET x = 1", "Query error: Undeclared variable: x at [1:5]"],
  [
    "DECLARE x INT64;\nDECLARE x STRING",
    "Variable 'x' redeclaration; x previously declared here [at 1:9] at [2:9]",
  ],
  [
    "DECLARE x INT64; BEGIN DECLARE x INT64; END",
    "Variable 'x' redeclaration; x previously declared here [at 1:9] at [1:32]",
  ],
  [
    "SELECT 1; DECLARE x INT64",
    "Variable declarations are allowed only at the start of a block or script at [1:11]",
  ],
  ["LEAVE", "LEAVE without label is only allowed inside of a loop body at [1:1]"],
  ["RAISE", "Cannot re-raise an existing exception outside of an exception handler at [1:1]"],
  ["RAISE USING MESSAGE = 'own'", "Query error: own at [1:1]"],
  [
    "BEGIN SELECT 1/0; EXCEPTION WHEN ERROR THEN RAISE; END",
    "Query error: division by zero: 1 / 0 at [1:7]",
  ],
  ["ASSERT 1 = 2 AS 'one is not two'", "Query error: Assertion failed: one is not two at [1:1]"],
  ["ASSERT CAST(NULL AS BOOL)", "Query error: Assertion failed at [1:1]"],
  [
    "EXECUTE IMMEDIATE CAST(NULL AS STRING)",
    "Query error: EXECUTE IMMEDIATE sql string cannot be NULL at [1:19]",
  ],
  [
    "EXECUTE IMMEDIATE 'SELECT 1; SELECT 2'",
    "Query error: EXECUTE IMMEDIATE sql string must contain exactly one statement at [1:19]",
  ],
  [
    "DECLARE x INT64 DEFAULT 'a'",
    "Query error: Cannot coerce expression of type STRING to type INT64 at [1:25]",
  ],
  ["COMMIT", "Query error: There is no active transaction at [1:1]"],
  ["IF TRUE THEN SELECT 1 END IF", 'Syntax error: Expected ";" but got keyword END at [1:23]'],
  ["BEGIN SELECT 1;", "Syntax error: Unexpected end of script at [1:16]"],
  [
    "CREATE TEMP TABLE t AS SELECT 1 AS x",
    "Use of CREATE TEMPORARY TABLE requires a script or session at [1:1]",
  ],
];

test.each(errors)("%s fails in BigQuery's words", async (script, message) => {
  expect((await rejection(cloud.bigquery.query(script))).message).toBe(message);
});

test("a handler reads what went wrong, and where", async () => {
  const [rows] = await cloud.bigquery.query(
    "BEGIN\n  SELECT 1/0;\nEXCEPTION WHEN ERROR THEN\n  SELECT @@error.message AS message, @@error.statement_text AS text, @@error.formatted_stack_trace AS trace, @@error.stack_trace AS stack;\nEND",
  );
  expect(rows).toEqual([
    {
      message: "Query error: division by zero: 1 / 0 at [2:3]",
      text: "SELECT 1/0",
      trace: "At [2:3]\n",
      stack: [{ line: 2, column: 3, filename: null, location: null }],
    },
  ]);
});

test("RAISE gives its message as it is", async () => {
  const [rows] = await cloud.bigquery.query(
    "BEGIN RAISE USING MESSAGE = 'my own'; EXCEPTION WHEN ERROR THEN SELECT @@error.message AS m; END",
  );
  expect(rows).toEqual([{ m: "my own" }]);
});

test("what the local warehouse does not support is no error that a handler could take for BigQuery's", async () => {
  const { message } = await rejection(
    cloud.bigquery.query(
      "BEGIN SELECT ST_GEOGPOINT(1, 2); EXCEPTION WHEN ERROR THEN SELECT 'caught' AS x; END",
    ),
  );
  expect(message).toBe("not supported by the local warehouse: function ST_GEOGPOINT");
});

test("each statement is a child job, which lists show where they are asked for", async () => {
  const job = await run(
    "DECLARE n INT64 DEFAULT (SELECT COUNT(*) FROM d.numbers);\nCREATE OR REPLACE TABLE d.made AS SELECT n AS x;\nSELECT x FROM d.made",
    "script_with_children",
  );
  expect(job.statistics).toMatchObject({
    numChildJobs: "3",
    query: { statementType: "SCRIPT", totalBytesBilled: String(2 * 10 * 2 ** 20) },
  });
  const [children] = await cloud.bigquery.getJobs({ parentJobId: "script_with_children" });
  const told = children
    .reverse()
    .map(({ id, metadata }) => [
      /_\d+$/.exec(id ?? "")?.[0],
      metadata.statistics.parentJobId,
      metadata.statistics.scriptStatistics.evaluationKind,
      metadata.statistics.query.statementType,
      metadata.statistics.scriptStatistics.stackFrames[0].startLine,
    ]);
  expect(told).toEqual([
    ["_0", "script_with_children", "EXPRESSION", "SELECT", 1],
    ["_1", "script_with_children", "STATEMENT", "CREATE_TABLE_AS_SELECT", 2],
    ["_2", "script_with_children", "STATEMENT", "SELECT", 3],
  ]);
  const [result] = await cloud.bigquery.job(children[2]?.id ?? "").getQueryResults();
  expect(result).toEqual([{ x: 3 }]);
  const [jobs] = await cloud.bigquery.getJobs({ maxResults: 1000 });
  expect(jobs.some(({ id }) => id === "script_with_children")).toBe(true);
  expect(jobs.some(({ id }) => id?.startsWith("script_job_"))).toBe(false);
});

test("a script is deleted with its child jobs, and they not without it", async () => {
  await run("SELECT 1 AS x; SELECT 2 AS x", "script_to_delete");
  const [[child]] = await cloud.bigquery.getJobs({ parentJobId: "script_to_delete" });
  const remove = (id: string) =>
    cloud.bigquery.job(id).request({ method: "DELETE", uri: "/delete", timeout: 10_000 });
  expect((await rejection(remove(child?.id ?? ""))).message).toContain("is a child job");
  await remove("script_to_delete");
  const [left] = await cloud.bigquery.getJobs({ parentJobId: "script_to_delete" });
  expect(left).toEqual([]);
});

test("a script has no destination of its own", async () => {
  const { message } = await rejection(
    runJob(cloud.bigquery, {
      query: {
        query: "SELECT 1 AS x; SELECT 2 AS x",
        useLegacySql: false,
        destinationTable: { projectId: "test-project", datasetId: "d", tableId: "t" },
      },
    }),
  );
  expect(message).toBe("configuration.query.destinationTable cannot be set for scripts");
});

test("parameters of the request are bound in every statement", async () => {
  const [rows] = await cloud.bigquery.query({
    query: "DECLARE x INT64 DEFAULT ?; SET x = x * ?; SELECT x + ? AS y",
    params: [2, 5, 1],
  });
  expect(rows).toEqual([{ y: 11 }]);
});

test("a single query with temporary functions is no script", async () => {
  const job = await run("CREATE TEMP FUNCTION f(x INT64) AS (x + 1); SELECT f(1) AS x");
  expect(job.statistics.query.statementType).toBe("SELECT");
  expect(job.statistics.numChildJobs).toBeUndefined();
});

test("a script that fails keeps its child jobs, the one that failed with them", async () => {
  await rejection(run("SELECT 1 AS x; SELECT 1/0", "script_that_fails"));
  const [metadata] = await cloud.bigquery.job("script_that_fails").getMetadata();
  expect(metadata.statistics.numChildJobs).toBe("2");
  const [children] = await cloud.bigquery.getJobs({ parentJobId: "script_that_fails" });
  expect(children.map((job) => job.metadata.status.errorResult?.message)).toEqual([
    "division by zero: 1 / 0",
    undefined,
  ]);
});

test("a dry run compiles every statement and runs none", async () => {
  const dry = async (query: string) => {
    const [job] = await cloud.bigquery.createQueryJob({ query, dryRun: true });
    return job.metadata.statistics;
  };
  const statistics = await dry(
    "DECLARE x INT64 DEFAULT 1; CREATE TEMP TABLE t AS SELECT n + x AS m FROM d.numbers; CREATE TABLE d.never AS SELECT m FROM t; SELECT MAX(m) FROM d.never",
  );
  expect(statistics).toMatchObject({
    totalBytesProcessed: "24",
    query: { statementType: "SCRIPT", totalBytesProcessedAccuracy: "LOWER_BOUND" },
  });
  const [exists] = await cloud.bigquery.dataset("d").table("never").exists();
  expect(exists).toBe(false);
  await expect(dry("SELECT 1; SELECT nope")).rejects.toThrow("Unrecognized name: nope at [1:18]");
  await expect(dry("SELECT 1; SELECT * FROM d.missing")).rejects.toThrow("Not found: Table");
  await expect(
    dry("EXECUTE IMMEDIATE 'CREATE TABLE d.missing AS SELECT 1 AS x'; SELECT * FROM d.missing"),
  ).resolves.toBeDefined();
});

test("a loop without an end leaves the server responsive, and ends with a cancel", async () => {
  for (const query of [
    "LOOP END LOOP",
    "DECLARE i INT64 DEFAULT 0; LOOP SET i = i + 1; END LOOP",
    "LOOP SELECT 1; END LOOP",
  ]) {
    const [job] = await cloud.bigquery.createQueryJob({ query });
    const [rows] = await cloud.bigquery.query("SELECT 1 AS x");
    expect(rows).toEqual([{ x: 1 }]);
    await job.cancel();
    const { reason, message } = await rejection(job.getQueryResults());
    expect(reason).toBe("stopped");
    expect(message).toContain("cancelled");
  }
});

test("a job ends when its time is over", async () => {
  const { reason } = await rejection(
    runJob(cloud.bigquery, {
      query: { query: "LOOP END LOOP", useLegacySql: false },
      jobTimeoutMs: "200",
    }),
  );
  expect(reason).toBe("stopped");
});
