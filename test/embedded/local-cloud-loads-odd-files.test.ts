import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, expect, test } from "vitest";
import { loading, schema } from "./support/loading.ts";
import { rejection, runJob, startTestCloud, tableReference } from "./support/local-cloud.ts";

const cloud = await startTestCloud();
afterAll(() => cloud.stop());
const { put, load, rowsOf, fieldsOf } = loading(cloud);

const twoColumns = { schema: schema(["n", "INTEGER"], ["s", "STRING"]) };

test("fields beyond the schema are refused, or left out where they are to be ignored", async () => {
  await put("wide.csv", '1,a,extra\n2,b\n3,"c""d",x,y\n');
  const refused = await rejection(load("wide", "wide.csv", twoColumns));
  expect(refused.message).toContain(
    "Too many values in row starting at position: 0. Found 3 column(s) while expected 2.; line_number: 1 File: gs://bucket/wide.csv",
  );
  await load("wide", "wide.csv", { ...twoColumns, ignoreUnknownValues: true });
  expect(await rowsOf("wide")).toEqual([
    { n: 1, s: "a" },
    { n: 2, s: "b" },
    { n: 3, s: 'c"d' },
  ]);
});

test("control characters are kept where they are to be preserved", async () => {
  await put("control.csv", "1,a\0b\u0001\n");
  await load("control", "control.csv", { ...twoColumns, preserveAsciiControlCharacters: true });
  expect(await rowsOf("control")).toEqual([{ n: 1, s: "a\0b\u0001" }]);
});

test("files in ISO-8859-1, and bytes that are no UTF-8, become Unicode", async () => {
  await put("latin.csv", Buffer.from("1,caf\xe9\n", "latin1"));
  await load("latin", "latin.csv", { ...twoColumns, encoding: "ISO-8859-1" });
  expect(await rowsOf("latin")).toEqual([{ n: 1, s: "café" }]);
  await load("latin", "latin.csv", twoColumns);
  expect(await rowsOf("latin")).toEqual([{ n: 1, s: "caf\ufffd" }]);
  const utf16 = await rejection(
    load("latin", "latin.csv", { ...twoColumns, encoding: "UTF-16LE" }),
  );
  expect(utf16.message).toContain("UTF-16LE");
});

test("several null markers, tabs, and bad records with quoted lines", async () => {
  await put("nulls.tsv", '1\tNA\n2\t-\nx\t"one\ntwo"\n4\t"three\nfour"\n');
  const job = await load("nulls", "nulls.tsv", {
    ...twoColumns,
    nullMarkers: ["NA", "-"],
    fieldDelimiter: "tab",
    allowQuotedNewlines: true,
    maxBadRecords: 1,
  });
  expect(await rowsOf("nulls")).toEqual([
    { n: 1, s: null },
    { n: 2, s: null },
    { n: 4, s: "three\nfour" },
  ]);
  expect(job.status.errors).toHaveLength(1);
  expect(job.status.errors?.[0]?.message).toContain("line_number: 3");
});

test("bad records are found in compressed files and counted over all files", async () => {
  await put("many/a.csv.gz", gzipSync("1,a\nx,b\n"));
  await put("many/b.csv", "2,c\ny,d\n");
  const job = await load("many", "many/*", { ...twoColumns, maxBadRecords: 5 });
  expect(job.statistics.load).toMatchObject({ outputRows: "2", badRecords: "2" });
  expect(job.status.errors?.map((error) => error.message.split("File: ")[1])).toEqual([
    "gs://bucket/many/a.csv.gz",
    "gs://bucket/many/b.csv",
  ]);
});

test("detection finds delimiter, header and types, and does what skipLeadingRows says", async () => {
  await put(
    "detect.csv",
    'id|when|at|day|big day|"free text"\n1|2026-01-01 10:00:00|10:00:00|2026-01-01|2.5e3|"a\nb"\n2|||||\n',
  );
  await load("detected", "detect.csv", { autodetect: true });
  expect(await fieldsOf("detected")).toEqual([
    "id INTEGER",
    "when TIMESTAMP",
    "at TIME",
    "day DATE",
    "big_day FLOAT",
    "free_text STRING",
  ]);
  expect(await rowsOf("detected")).toHaveLength(2);

  await put("noheader.csv", "a,1,yes\nb,2,no\n");
  await load("noheader", "noheader.csv", { autodetect: true });
  expect(await fieldsOf("noheader")).toEqual([
    "string_field_0 STRING",
    "int64_field_1 INTEGER",
    "bool_field_2 BOOLEAN",
  ]);
  expect(await rowsOf("noheader")).toHaveLength(2);

  await put("header.csv", "comment\nname,n\nx,1\n");
  await load("header", "header.csv", { autodetect: true, skipLeadingRows: 2 });
  expect(await fieldsOf("header")).toEqual(["name STRING", "n INTEGER"]);
  expect(await rowsOf("header")).toEqual([{ name: "x", n: 1 }]);

  await put("texts.csv", "name,word\nAda,text\n");
  await load("texts", "texts.csv", { autodetect: true });
  expect(await fieldsOf("texts")).toEqual(["string_field_0 STRING", "string_field_1 STRING"]);
  await load("texts", "texts.csv", { autodetect: true, skipLeadingRows: 0 });
  expect(await rowsOf("texts")).toHaveLength(2);
});

test("detection of JSON finds nested and repeated fields and the types of texts", async () => {
  const lines = [
    '{"id": 1, "ratio": 5.0, "tags": ["a"], "owner": {"name": "Ada", "born": "1815-12-10"}, "zip": "0123"}',
    '{"id": 2, "at": "2026-01-01T00:00:00Z", "more": [{"x": 1}, {"y": true}], "zip": "4567", "none": null}',
  ];
  await put("detect.json", lines.join("\n"));
  await load("json", "detect.json", { autodetect: true, sourceFormat: "NEWLINE_DELIMITED_JSON" });
  expect(await fieldsOf("json")).toEqual([
    "id INTEGER",
    "ratio FLOAT",
    "tags STRING REPEATED",
    "owner RECORD",
    "zip INTEGER",
    "at TIMESTAMP",
    "more RECORD REPEATED",
    "none STRING",
  ]);
  const [first] = await rowsOf("json", "id");
  expect(first).toMatchObject({ ratio: 5, tags: ["a"], zip: 123, owner: { name: "Ada" } });
});

test("Parquet lists are records as in the file, or arrays where they are inferred", async () => {
  await cloud.bigquery.query(
    "CREATE TABLE d.lists AS SELECT 1 AS id, ['a', 'b'] AS tags, [STRUCT(2 AS x)] AS more",
  );
  await runJob(cloud.bigquery, {
    extract: {
      sourceTable: tableReference("lists"),
      destinationUri: "gs://bucket/lists.parquet",
      destinationFormat: "PARQUET",
      compression: "SNAPPY",
    },
  });
  await load("as_records", "lists.parquet", { sourceFormat: "PARQUET" });
  expect(await rowsOf("as_records")).toEqual([
    {
      id: 1,
      tags: { list: [{ element: "a" }, { element: "b" }] },
      more: { list: [{ element: { x: 2 } }] },
    },
  ]);
  await load("as_arrays", "lists.parquet", {
    sourceFormat: "PARQUET",
    parquetOptions: { enableListInference: true },
  });
  expect(await rowsOf("as_arrays")).toEqual([{ id: 1, tags: ["a", "b"], more: [{ x: 2 }] }]);
  const mismatch = await rejection(
    load("as_arrays", "lists.parquet", {
      sourceFormat: "PARQUET",
      schema: schema(["tags", "STRING", "REPEATED"]),
    }),
  );
  expect(mismatch.message).toContain("Field 'tags' is specified as REPEATED in provided schema");
});

test("a Parquet list with a NULL in it is no array", async () => {
  const path = join(cloud.dataDir, "holed.parquet");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`COPY (SELECT [1, NULL] AS tags) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  await put("holed.parquet", await readFile(path));
  const options = { sourceFormat: "PARQUET", parquetOptions: { enableListInference: true } };
  const failed = await rejection(load("holed", "holed.parquet", options));
  expect(failed.message).toContain("Only optional fields can be set to NULL. Field: tags");
});

test.each([
  ["ORC", { sourceFormat: "ORC" }, "ORC"],
  ["hive partitioning", { hivePartitioningOptions: { mode: "AUTO" } }, "hivePartitioningOptions"],
  [
    "GeoJSON",
    { sourceFormat: "NEWLINE_DELIMITED_JSON", jsonExtension: "GEOJSON" },
    "jsonExtension GEOJSON",
  ],
  ["a date format", { dateFormat: "DD.MM.YYYY" }, "dateFormat"],
])("%s is refused by name", async (_, options, name) => {
  await put("any.csv", "1,a\n");
  const failed = await rejection(load("any", "any.csv", { ...twoColumns, ...options }));
  expect(failed).toMatchObject({
    reason: "notImplemented",
    message: expect.stringContaining(name),
  });
});

test("schema updates need rows that are appended", async () => {
  await put("any.csv", "1,a\n");
  const options = { ...twoColumns, schemaUpdateOptions: ["ALLOW_FIELD_ADDITION"] };
  expect((await rejection(load("updates", "any.csv", options))).message).toContain(
    "Schema update options should only be specified with WRITE_APPEND disposition",
  );
  await load("updates", "any.csv", twoColumns);
  await put("more.csv", "2,b,x\n");
  await load("updates", "more.csv", {
    ...options,
    writeDisposition: "WRITE_APPEND",
    schema: schema(["n", "INTEGER"], ["s", "STRING"], ["more", "STRING"]),
  });
  expect(await rowsOf("updates")).toEqual([
    { n: 1, s: "a", more: null },
    { n: 2, s: "b", more: "x" },
  ]);
});

test("a load names partitioning, clustering, description and labels of its table", async () => {
  await put("day.csv", "2026-01-01,1\n");
  await load("described", "day.csv", {
    schema: schema(["day", "DATE"], ["n", "INTEGER"]),
    timePartitioning: { type: "DAY", field: "day" },
    clustering: { fields: ["n"] },
    destinationTableProperties: { description: "days", labels: { kind: "test" } },
  });
  const [found] = await cloud.bigquery.dataset("d").table("described").getMetadata();
  expect(found).toMatchObject({
    description: "days",
    labels: { kind: "test" },
    clustering: { fields: ["n"] },
    timePartitioning: { type: "DAY", field: "day" },
  });
});
