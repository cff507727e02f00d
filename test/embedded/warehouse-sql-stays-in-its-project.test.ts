import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rejection, startTestCloud, type TestCloud } from "./support/local-cloud.ts";

/** Ways around the names of another project's tables and the files of the machine, through jobs. */
let cloud: TestCloud;
let post: (path: string, body: unknown) => Promise<Response>;

beforeAll(async () => {
  cloud = await startTestCloud();
  post = (path, body) =>
    fetch(`${cloud.url}/bigquery/v2/projects/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  await post("neighbour/datasets", {
    datasetReference: { projectId: "neighbour", datasetId: "hers" },
  });
  await post("neighbour/datasets/hers/tables", {
    tableReference: { projectId: "neighbour", datasetId: "hers", tableId: "t" },
    schema: { fields: [{ name: "a", type: "INTEGER" }] },
  });
  await cloud.bigquery.query("CREATE TABLE d.own AS SELECT 1 AS a");
});
afterAll(() => cloud.stop());

describe("a job", () => {
  it.each([
    "SELECT * FROM `neighbour`.hers.t",
    "SELECT * FROM `neighbour.hers`.t",
    "SELECT * FROM `neighbour.hers.t*`",
    "SELECT * FROM `neighbour.hers.t` FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()",
    "SELECT * FROM neighbour.hers.__TABLES__",
    "WITH x AS (SELECT * FROM neighbour.hers.t) SELECT * FROM x",
    "SELECT (SELECT COUNT(*) FROM neighbour.hers.t) AS n",
    "SELECT 1 AS x FROM d.own WHERE EXISTS (SELECT 1 FROM neighbour.hers.t)",
    "FROM neighbour.hers.t |> SELECT a",
    "EXECUTE IMMEDIATE 'SELECT * FROM neighbour.hers.t'",
    "BEGIN SELECT * FROM neighbour.hers.t; END",
    "FOR r IN (SELECT * FROM neighbour.hers.t) DO SELECT r.a; END FOR",
    "CREATE TABLE d.copied COPY neighbour.hers.t",
    "CREATE TABLE d.like_hers LIKE neighbour.hers.t",
    "CREATE SNAPSHOT TABLE d.snap CLONE neighbour.hers.t",
    "CREATE MATERIALIZED VIEW d.mv AS SELECT a FROM neighbour.hers.t",
    "CREATE TABLE FUNCTION d.tf() AS SELECT * FROM neighbour.hers.t",
    "CREATE FUNCTION d.f() AS ((SELECT COUNT(*) FROM neighbour.hers.t))",
    "MERGE neighbour.hers.t USING d.own ON FALSE WHEN NOT MATCHED THEN INSERT (a) VALUES (1)",
    "MERGE d.own USING neighbour.hers.t AS t ON FALSE WHEN NOT MATCHED THEN INSERT (a) VALUES (1)",
    "UPDATE neighbour.hers.t SET a = 1 WHERE TRUE",
    "DELETE FROM neighbour.hers.t WHERE TRUE",
    "TRUNCATE TABLE neighbour.hers.t",
    "ALTER SCHEMA neighbour.hers SET OPTIONS (description = 'x')",
    "CALL neighbour.hers.p()",
    "#legacySQL\nSELECT a FROM [neighbour:hers.t]",
    "#legacySQL\nSELECT a FROM [neighbour:hers.t], [test-project:d.own]",
    "#legacySQL\nSELECT a FROM TABLE_DATE_RANGE([neighbour:hers.t], TIMESTAMP('2020-01-01'), TIMESTAMP('2020-01-02'))",
  ])("does not reach another project by %s", async (query) => {
    const { message } = await rejection(cloud.bigquery.query({ query, useLegacySql: false }));
    expect(message).toMatch(/not found: .*neighbour|not supported by the local warehouse/i);
    const [rows] = await cloud.bigquery.query("SELECT COUNT(*) AS n FROM d.own");
    expect(rows).toEqual([{ n: 1 }]);
    const left = await fetch(`${cloud.url}/bigquery/v2/projects/neighbour/datasets/hers/tables/t`);
    expect(await left.json()).toMatchObject({ numRows: "0" });
  });

  it.each([
    "SELECT '\\'); DROP TABLE d.own; --' AS x",
    'SELECT """\'; ATTACH \'/tmp/x\'; --""" AS x',
    "SELECT r'\\' AS x",
    'SELECT 1 AS `a"; DROP TABLE data.x; --`',
    "SELECT 1 AS x /* '; */ -- \"; DROP TABLE d.own",
    "SELECT @p AS x",
    'SELECT JSON \'{"a": "\\\'; COPY"}\' AS x',
    "SELECT STRUCT(1 AS `x') FROM secrets --`) AS s",
    "SELECT '\\u0027; DROP TABLE d.own' AS x",
  ])("keeps the odd text in %s a text or a name, or refuses it", async (query) => {
    await cloud.bigquery
      .query({ query, params: { p: "'; DROP TABLE d.own; --" } })
      .catch(() => undefined);
    const [rows] = await cloud.bigquery.query("SELECT a FROM d.own");
    expect(rows).toEqual([{ a: 1 }]);
  });

  const hers = { projectId: "neighbour", datasetId: "hers", tableId: "t" };
  const own = { datasetId: "d", tableId: "own" };
  it.each([
    { query: { query: "SELECT 1 AS a", useLegacySql: false, destinationTable: hers } },
    { query: { query: "SELECT a FROM t", useLegacySql: false, defaultDataset: hers } },
    { load: { sourceUris: ["gs://b/x.csv"], autodetect: true, destinationTable: hers } },
    { copy: { sourceTable: hers, destinationTable: { ...own, tableId: "copied" } } },
    { copy: { sourceTables: [own, hers], destinationTable: { ...own, tableId: "copied" } } },
    { copy: { sourceTable: own, destinationTable: hers, writeDisposition: "WRITE_APPEND" } },
    { extract: { sourceTable: hers, destinationUris: ["gs://b/x.csv"] } },
  ])("does not reach another project by the configuration %j", async (configuration) => {
    const answer = await post("test-project/jobs", { configuration });
    expect(answer.status).toBe(404);
    const { error } = (await answer.json()) as { error: { message: string } };
    expect(error.message).toBe("Not found: Dataset neighbour:hers was not found in location US");
  });

  it.each([
    "gs://bucket/../../../../etc/passwd",
    "gs://../etc/passwd",
    "gs://bucket/../drafts/*",
    "file:///etc/passwd",
    "/etc/passwd",
    "https://example.com/x.csv",
    "gs://bucket/*/../*",
    "gs:///etc/passwd",
  ])("loads nothing from %s", async (uri) => {
    const answer = await post("test-project/jobs", {
      configuration: {
        load: {
          sourceUris: [uri],
          autodetect: true,
          destinationTable: { projectId: "test-project", datasetId: "d", tableId: "loaded" },
        },
      },
    });
    const { jobReference } = (await answer.json()) as { jobReference: { jobId: string } };
    const job = cloud.bigquery.job(jobReference.jobId);
    const { message } = await rejection(job.promise());
    expect(message).toMatch(/Not found|not exist|Cloud Storage location|one wildcard/);
    expect((await cloud.bigquery.dataset("d").table("loaded").exists())[0]).toBe(false);
  });
});
