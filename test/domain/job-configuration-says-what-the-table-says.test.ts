import { expect, test } from "vitest";
import {
  buildJobConfiguration,
  canonicalJson,
  type JobInput,
} from "../../server/domain/job-configuration.ts";
import { type TableDefinitionInput, tableDefinitionSchema } from "../../shared/table.ts";

const input = (table: Partial<TableDefinitionInput>, more: Partial<JobInput> = {}): JobInput => ({
  definition: tableDefinitionSchema.parse({ dataset: "d", name: "t", kind: "summary", ...table }),
  tableRunId: 7,
  attempt: 1,
  projectId: "p",
  bucket: "b",
  stagedObjects: [],
  stagedLoad: null,
  tableSchema: null,
  ...more,
});

test("a summary's query overwrites its table, and unqualified names are beside it", () => {
  expect(buildJobConfiguration("query", input({ query: "select 1" }))).toEqual({
    query: {
      query: "select 1",
      useLegacySql: false,
      defaultDataset: { projectId: "p", datasetId: "d" },
      destinationTable: { projectId: "p", datasetId: "d", tableId: "t" },
      createDisposition: "CREATE_IF_NEEDED",
      writeDisposition: "WRITE_TRUNCATE",
      priority: "INTERACTIVE",
    },
  });
});

test("the cost cap holds for scripts too", () => {
  const script = input({ query: "declare x int64; select x", costCapBytes: 5 });
  expect(buildJobConfiguration("query", script)).toMatchObject({
    query: { maximumBytesBilled: "5" },
  });
});

test("layout, cap and legacy SQL are passed on as BigQuery's words", () => {
  const partitioning = { type: "MONTH" as const, field: "day", expirationDays: 1.5 };
  const table = { partitioning, clustering: ["a", "b"], costCapBytes: 123, legacySql: true };
  expect(buildJobConfiguration("query", input(table))).toMatchObject({
    query: {
      timePartitioning: { type: "MONTH", field: "day", expirationMs: "129600000" },
      clustering: { fields: ["a", "b"] },
      maximumBytesBilled: "123",
      useLegacySql: true,
      allowLargeResults: true,
    },
  });
});

test.each([
  ["-- why\n/* not */ select 1", true],
  ["(select 1) union all select 2", true],
  ["WITH a AS (SELECT 1) SELECT * FROM a", true],
  ["create temp function f(x int64) as (x); select f(1)", true],
  ["FROM d.t |> WHERE x > 1", true],
  ["# script\nDECLARE x INT64 DEFAULT 1; CREATE OR REPLACE TABLE d.t AS SELECT x", false],
  ["create or replace table d.t as select 1", false],
  ["merge d.t using d.s on false when not matched then insert row", false],
  ["begin select 1; end", false],
  ["select 1;\n-- the end\n;", true],
  [
    "create or replace temporary aggregate function f(x int64) as (sum(x)); with a as (select 1 x) select f(x) from a",
    true,
  ],
  [
    "create temp function f() returns string language js as 'return \";\"; insert'; select f()",
    true,
  ],
  ["create temp function f(x int64) as (x); insert into d.t select f(1)", false],
  ["create temp table a as select 1 x; select * from a", false],
  ["select 1; select 2", false],
  ["select ';' || \"; drop table x\"", true],
  ["assert true; select 1", false],
  ["load data into d.t from files (uris = ['gs://b/o'])", false],
  ["", false],
])("%s: the job names the table is %s", (query, isNamed) => {
  const { query: made } = buildJobConfiguration("query", input({ query })) as {
    query: Record<string, unknown>;
  };
  expect("destinationTable" in made && "writeDisposition" in made).toBe(isNamed);
});

test("an external table's files are loaded in its format, appended where it says so", () => {
  const table = { kind: "external" as const, disposition: "append" as const };
  expect(buildJobConfiguration("load", input(table, { stagedObjects: ["x/1.csv"] }))).toMatchObject(
    {
      load: {
        sourceUris: ["gs://b/x/1.csv"],
        sourceFormat: "CSV",
        autodetect: true,
        writeDisposition: "WRITE_APPEND",
      },
    },
  );
});

test("an extract has a folder of its own table run", () => {
  expect(buildJobConfiguration("extract", input({ extractFormat: "PARQUET" }))).toEqual({
    extract: {
      sourceTable: { projectId: "p", datasetId: "d", tableId: "t" },
      destinationUris: ["gs://b/extracts/d.t/7/part-*.parquet"],
      destinationFormat: "PARQUET",
      compression: "SNAPPY",
    },
  });
});

test("equal configurations have equal text, whatever the order of their keys", () => {
  expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: undefined })).toBe(
    canonicalJson({ b: [1, { c: "x", d: null }] }),
  );
});
