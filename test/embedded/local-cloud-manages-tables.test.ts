import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWarehouse } from "../../server/connectors/bigquery.ts";
import {
  projectId,
  rejection,
  runJob,
  startTestCloud,
  type TestCloud,
  tableReference,
} from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

test("datasets are created, listed, patched and deleted with what is in them", async () => {
  const [dataset] = await cloud.bigquery.createDataset("other", { labels: { a: "1", b: "2" } });
  expect(await rejection(cloud.bigquery.createDataset("other"))).toMatchObject({
    code: 409,
    reason: "duplicate",
  });
  const [changed] = await dataset.setMetadata({ labels: { a: null }, description: "words" });
  expect(changed).toMatchObject({ labels: { b: "2" }, description: "words" });
  const stale = await rejection(
    dataset.setMetadata({ description: "late", etag: "AAAA" } as never).then(() => {
      return fetch(`${cloud.url}/bigquery/v2/projects/${projectId}/datasets/other`, {
        method: "PATCH",
        headers: { "if-match": "AAAA", "content-type": "application/json" },
        body: "{}",
      }).then((answer) => {
        throw Object.assign(new Error(answer.statusText), { code: answer.status });
      });
    }),
  );
  expect(stale.code).toBe(412);
  await dataset.createTable("t", { schema: [{ name: "x", type: "INTEGER" }] });
  expect((await rejection(dataset.delete())).message).toContain("still in use");
  await dataset.delete({ force: true });
  expect((await dataset.exists())[0]).toBe(false);
});

test("a table's metadata is what was given, and counts its rows and bytes", async () => {
  const [table] = await cloud.bigquery.dataset("d").createTable("meta", {
    schema: {
      fields: [
        { name: "id", type: "INT64", mode: "REQUIRED", description: "its number" },
        { name: "at", type: "TIMESTAMP" },
        {
          name: "items",
          type: "STRUCT",
          mode: "REPEATED",
          fields: [{ name: "sku", type: "STRING" }],
        },
      ],
    },
    timePartitioning: { type: "DAY", field: "at", expirationMs: "864000000000" },
    clustering: { fields: ["id"] },
    description: "words",
    labels: { team: "x" },
  });
  await table.insert([
    { id: 1, at: "2026-01-01T00:00:00Z", items: [{ sku: "abc" }, { sku: "" }] },
    { id: 2, at: null, items: [] },
  ]);
  const [metadata] = await table.getMetadata();
  expect(metadata).toMatchObject({
    type: "TABLE",
    numRows: "2",
    // Two INT64, one TIMESTAMP, strings of 2+3 and 2.
    numBytes: String(16 + 8 + 5 + 2),
    timePartitioning: { type: "DAY", field: "at", expirationMs: "864000000000" },
    clustering: { fields: ["id"] },
    description: "words",
    labels: { team: "x" },
    location: "US",
  });
  expect(metadata.schema.fields[0]).toEqual({
    name: "id",
    type: "INTEGER",
    mode: "REQUIRED",
    description: "its number",
  });
  expect(metadata.schema.fields[2].type).toBe("RECORD");
  const { etag } = metadata;
  const [changed] = await table.setMetadata({
    description: "new words",
    schema: {
      fields: [...metadata.schema.fields, { name: "extra", type: "FLOAT64", mode: "NULLABLE" }],
    },
  });
  expect(changed.etag).not.toBe(etag);
  const [rows] = await table.getRows({ selectedFields: "extra,items.sku" });
  expect(rows).toHaveLength(2);
  expect(rows[0]).toEqual({ extra: null, items: [{ sku: "abc" }, { sku: "" }] });
  const dropped = await rejection(
    table.setMetadata({ schema: { fields: [{ name: "id", type: "INTEGER" }] } }),
  );
  expect(dropped.message).toContain("is missing in new schema");
});

test("a table made without a schema takes that of its first rows", async () => {
  const [table] = await cloud.bigquery.dataset("d").createTable("bare", {});
  expect((await table.getMetadata())[0]).toMatchObject({ numRows: "0" });
  expect((await table.getRows())[0]).toEqual([]);
  await runJob(cloud.bigquery, {
    query: {
      query: "SELECT 1 AS x",
      useLegacySql: false,
      destinationTable: tableReference("bare"),
      writeDisposition: "WRITE_APPEND",
    },
  });
  expect((await cloud.bigquery.dataset("d").table("bare").getRows())[0]).toEqual([{ x: 1 }]);
});

test("names that could be taken for something else are refused", async () => {
  const { bigquery } = cloud;
  for (const name of ["a.b", "x;DROP TABLE t", 'q"uote', "../up", ""]) {
    const refused = await rejection(
      runJob(bigquery, {
        query: {
          query: "SELECT 1 AS x",
          useLegacySql: false,
          destinationTable: tableReference(name),
        },
      }),
    );
    expect(refused.message, name).toContain("Invalid table ID");
  }
  const field = await rejection(
    bigquery.dataset("d").createTable("odd", { schema: [{ name: 'x" INT, y', type: "STRING" }] }),
  );
  expect(field.message).toContain("Invalid field name");
});

test("streamed rows that do not fit are named, and none is added", async () => {
  const [table] = await cloud.bigquery.dataset("d").createTable("streamed", {
    schema: [
      { name: "id", type: "INTEGER", mode: "REQUIRED" },
      { name: "s", type: "STRING" },
    ],
  });
  const failed = await table.insert([{ id: 1 }, { id: "x" }, { s: "no id" }]).then(
    () => null,
    (error: { errors: { errors: { message: string }[] }[] }) => error,
  );
  expect(failed?.errors.length).toBeGreaterThanOrEqual(1);
  expect((await table.getRows())[0]).toEqual([]);
  await table.insert([{ id: 1, s: "a" }]);
  expect((await table.getRows())[0]).toEqual([{ id: 1, s: "a" }]);
});

test("views answer with what their query says now", async () => {
  await cloud.bigquery.query("CREATE TABLE d.base AS SELECT 1 AS x");
  const [view] = await cloud.bigquery.dataset("d").createTable("shown", {
    view: { query: "SELECT x * 2 AS y FROM d.base", useLegacySql: false },
  });
  await cloud.bigquery.query("INSERT INTO d.base VALUES (5)");
  const [rows] = await cloud.bigquery.query("SELECT y FROM d.shown ORDER BY y");
  expect(rows).toEqual([{ y: 2 }, { y: 10 }]);
  const [metadata] = await view.getMetadata();
  expect(metadata).toMatchObject({ type: "VIEW", view: { useLegacySql: false } });
  expect(metadata.schema.fields).toMatchObject([{ name: "y", type: "INTEGER" }]);
  expect((await rejection(view.getRows())).message).toContain("Cannot list a table of type VIEW");
  const broken = await rejection(
    cloud.bigquery.dataset("d").createTable("broken", {
      view: { query: "SELECT nope FROM d.base", useLegacySql: false },
    }),
  );
  expect(broken.message).toContain("Unrecognized name: nope");
});

test("tables partitioned by ingestion time take rows into the day's partition", async () => {
  await cloud.bigquery.dataset("d").createTable("ingested", {
    schema: [{ name: "x", type: "INTEGER" }],
    timePartitioning: { type: "DAY" },
  });
  const write = (partition: string, query: string) =>
    runJob(cloud.bigquery, {
      query: {
        query,
        useLegacySql: false,
        destinationTable: tableReference(`ingested${partition}`),
        writeDisposition: "WRITE_TRUNCATE",
      },
    });
  await write("$20260101", "SELECT 1 AS x");
  await write("$20260102", "SELECT 2 AS x");
  await write("$20260101", "SELECT 10 AS x UNION ALL SELECT 11");
  const [rows] = await cloud.bigquery.query(
    "SELECT x, FORMAT_DATE('%F', DATE(_PARTITIONTIME)) AS day FROM d.ingested ORDER BY x",
  );
  expect(rows).toEqual([
    { x: 2, day: "2026-01-02" },
    { x: 10, day: "2026-01-01" },
    { x: 11, day: "2026-01-01" },
  ]);
  const [all] = await cloud.bigquery.query("SELECT * FROM d.ingested WHERE x = 2");
  expect(all).toEqual([{ x: 2 }]);
});

test("extracts write CSV, JSON and Parquet, sharded by a wildcard", async () => {
  await cloud.bigquery.query(`CREATE TABLE d.out AS
    SELECT 1 AS i, 1.5 AS f, TRUE AS b, 'a,"b"' AS s, TIMESTAMP '2026-01-02 03:04:05.5+00' AS ts,
      DATETIME '2026-01-02 03:04:05' AS dt, NUMERIC '2.50' AS num, b'hi' AS bytes, CAST(NULL AS STRING) AS n`);
  const extract = (name: string, options: Record<string, unknown>, table = "out") =>
    runJob(cloud.bigquery, {
      extract: {
        sourceTable: tableReference(table),
        destinationUri: `gs://bucket/${name}`,
        ...options,
      },
    });
  const read = async (name: string) =>
    (await cloud.storage.bucket("bucket").file(name).download())[0];
  const job = await extract("out/csv-*.csv.gz", { compression: "GZIP" });
  expect(job.statistics.extract.destinationUriFileCounts).toEqual(["1"]);
  const csv = gunzipSync(await read("out/csv-000000000000.csv.gz")).toString();
  expect(csv).toBe(
    'i,f,b,s,ts,dt,num,bytes,n\n1,1.5,true,"a,""b""",2026-01-02 03:04:05.5 UTC,2026-01-02T03:04:05,2.5,aGk=,\n',
  );
  await extract("out/plain.tsv", { fieldDelimiter: "tab", printHeader: false });
  expect((await read("out/plain.tsv")).toString()).toMatch(/^1\t1\.5\ttrue\t/);
  await extract("out/rows.json", { destinationFormat: "NEWLINE_DELIMITED_JSON" });
  expect(JSON.parse((await read("out/rows.json")).toString())).toEqual({
    i: "1",
    f: 1.5,
    b: true,
    s: 'a,"b"',
    ts: "2026-01-02 03:04:05.5 UTC",
    dt: "2026-01-02T03:04:05",
    num: "2.5",
    bytes: "aGk=",
  });
  await cloud.bigquery.query(
    "CREATE TABLE d.nested_out AS SELECT [1, 2] AS a, STRUCT('x' AS k) AS s",
  );
  const nested = await rejection(extract("out/n.csv", {}, "nested_out"));
  expect(nested.message).toBe("Operation cannot be performed on a nested schema. Field: a");
  await extract("out/n.json", { destinationFormat: "NEWLINE_DELIMITED_JSON" }, "nested_out");
  expect(JSON.parse((await read("out/n.json")).toString())).toEqual({
    a: ["1", "2"],
    s: { k: "x" },
  });
  const bad = await rejection(extract("out/x.csv", { compression: "ZSTD" }));
  expect(bad.reason).toBe("invalid");
});

test("a large extract by wildcard is many files that together are the table", async () => {
  await cloud.bigquery.query(
    "CREATE TABLE d.large AS SELECT n, CONCAT('row ', CAST(n AS STRING)) AS s FROM UNNEST(GENERATE_ARRAY(1, 900000)) AS n",
  );
  const job = await runJob(cloud.bigquery, {
    extract: {
      sourceTable: tableReference("large"),
      destinationUri: "gs://bucket/large/*.csv.gz",
      compression: "GZIP",
    },
  });
  const count = Number(job.statistics.extract.destinationUriFileCounts[0]);
  const [files] = await cloud.storage.bucket("bucket").getFiles({ prefix: "large/" });
  expect(files).toHaveLength(count);
  expect(files[0]?.name).toBe("large/000000000000.csv.gz");
  const back = await runJob(cloud.bigquery, {
    load: {
      sourceUris: ["gs://bucket/large/*.csv.gz"],
      destinationTable: tableReference("back"),
      skipLeadingRows: 1,
      schema: {
        fields: [
          { name: "n", type: "INTEGER" },
          { name: "s", type: "STRING" },
        ],
      },
    },
  });
  expect(back.statistics.load.outputRows).toBe("900000");
  const [sums] = await cloud.bigquery.query(
    "SELECT COUNT(DISTINCT n) AS n, SUM(n) AS sum FROM d.back",
  );
  expect(sums).toEqual([{ n: 900_000, sum: (900_000 * 900_001) / 2 }]);
});

test("Maestro's own connector reads tables, rows and dry runs", async () => {
  const warehouse = createWarehouse({ projectId, location: "US", bigquery: cloud.bigquery });
  await warehouse.ensureDataset("made");
  await warehouse.ensureDataset("made");
  await cloud.bigquery.query(
    "CREATE TABLE made.t AS SELECT 1 AS id, [STRUCT('x' AS k)] AS list, TIMESTAMP '2026-01-01 00:00:00+00' AS ts",
  );
  expect(await warehouse.getTable("made", "absent")).toBeNull();
  expect(await warehouse.getTable("made", "t")).toMatchObject({ rowCount: 1 });
  const preview = await warehouse.preview("made", "t", 10);
  expect(preview.totalRows).toBe(1);
  expect(preview.rows[0]?.slice(0, 2)).toEqual([1, [{ k: "x" }]]);
  const dry = await warehouse.dryRun("SELECT id FROM made.t", { legacySql: false });
  expect(dry).toMatchObject({ bytesProcessed: 8, referencedTables: [`${projectId}.made.t`] });
  await expect(
    warehouse.dryRun("SELECT\n  nope FROM made.t", { legacySql: false }),
  ).rejects.toMatchObject({
    code: "invalidSql",
    position: { line: 2, column: 3 },
  });
});
