import type { RoutineMetadata } from "@google-cloud/bigquery";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectId, rejection, startTestCloud, type TestCloud } from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  for (const sql of [
    "CREATE TABLE d.numbers AS SELECT * FROM UNNEST([1, 2, 3]) AS n",
    "CREATE FUNCTION d.increment(x INT64) AS (x + 1)",
    "CREATE FUNCTION d.half(x INT64) RETURNS FLOAT64 AS (x / 2)",
    "CREATE FUNCTION d.larger(a ANY TYPE, b ANY TYPE) AS (IF(a > b, a, b))",
    "CREATE FUNCTION d.smaller_ones(x INT64) AS ((SELECT COUNT(*) FROM d.numbers WHERE n < x))",
    "CREATE TABLE FUNCTION d.up_to(last INT64) AS (SELECT n FROM d.numbers WHERE n <= last)",
    "CREATE TABLE FUNCTION d.typed(x ANY TYPE) RETURNS TABLE<value FLOAT64> AS SELECT x AS value",
    `CREATE PROCEDURE d.change(IN a INT64, OUT b INT64, INOUT c STRING)
     BEGIN
       DECLARE k INT64 DEFAULT 10;
       SET b = a + k;
       SET c = CONCAT(c, '!');
       IF a > 100 THEN RETURN; END IF;
       SET b = -b;
     END`,
    "CREATE PROCEDURE d.count_down(n INT64) BEGIN IF n > 0 THEN CALL d.count_down(n - 1); ELSE SELECT 'zero' AS x; END IF; END",
    "CREATE PROCEDURE d.failing()\nBEGIN\n  SELECT 1/0;\nEND",
    "CREATE PROCEDURE d.tables() BEGIN CREATE TEMP TABLE made AS SELECT 7 AS x; END",
  ]) {
    await cloud.bigquery.query(sql);
  }
});
afterAll(() => cloud.stop());

const calls: [name: string, sql: string, rows: unknown[]][] = [
  [
    "a SQL function",
    "SELECT d.increment(n) AS x FROM d.numbers ORDER BY x",
    [{ x: 2 }, { x: 3 }, { x: 4 }],
  ],
  ["its full name", `SELECT \`${projectId}.d.increment\`(1) AS x`, [{ x: 2 }]],
  ["a declared result", "SELECT d.half(3) AS x", [{ x: 1.5 }]],
  ["any types", "SELECT d.larger('a', 'b') AS s, d.larger(1.5, 1) AS f", [{ s: "b", f: 1.5 }]],
  ["a function with a query", "SELECT d.smaller_ones(3) AS x", [{ x: 2 }]],
  [
    "a function in a function",
    "SELECT d.increment(d.smaller_ones(d.increment(2))) AS x",
    [{ x: 3 }],
  ],
  ["a table function", "SELECT SUM(n) AS x FROM d.up_to(2)", [{ x: 3 }]],
  [
    "a table function with an alias",
    "SELECT a.n, b.n AS m FROM d.up_to(2) AS a JOIN d.up_to(3) b ON b.n = a.n + 1 ORDER BY 1",
    [
      { n: 1, m: 2 },
      { n: 2, m: 3 },
    ],
  ],
  ["a declared table", "SELECT value FROM d.typed(3)", [{ value: 3 }]],
  [
    "a variable as a table function's argument",
    "DECLARE k INT64 DEFAULT 1; SELECT n FROM d.up_to(k)",
    [{ n: 1 }],
  ],
  [
    "a procedure's outputs",
    "DECLARE b INT64; DECLARE c STRING DEFAULT 'hi'; CALL d.change(5, b, c); SELECT b, c",
    [{ b: -15, c: "hi!" }],
  ],
  [
    "RETURN in a procedure",
    "DECLARE b INT64; DECLARE c STRING DEFAULT ''; CALL d.change(101, b, c); SELECT b",
    [{ b: 111 }],
  ],
  ["a procedure that calls itself", "CALL d.count_down(4)", [{ x: "zero" }]],
  ["temporary tables of a procedure", "CALL d.tables(); SELECT x FROM made", [{ x: 7 }]],
  [
    "the place of an error",
    "BEGIN CALL d.failing(); EXCEPTION WHEN ERROR THEN SELECT @@error.message AS m, @@error.formatted_stack_trace AS t; END",
    [
      {
        m: `Query error: division by zero: 1 / 0 at [${projectId}.d.failing:2:3]`,
        t: `At ${projectId}.d.failing[2:3]\nAt [1:7]\n`,
      },
    ],
  ],
];

describe("calls", () => {
  test.each(calls)("%s", async (_name, sql, expected) => {
    const [rows] = await cloud.bigquery.query(sql);
    expect(rows).toEqual(expected);
  });
});

const errors: [sql: string, message: string][] = [
  ["SELECT d.nothing(1)", "Function not found: d.nothing at [1:8]"],
  [
    "CREATE FUNCTION d.increment(x INT64) AS (x)",
    `Already Exists: Routine ${projectId}:d.increment`,
  ],
  ["CREATE FUNCTION d.bad(x INT64) AS (y)", "Unrecognized name: y at [1:36]"],
  ["SELECT * FROM d.nothing(1)", "Table-valued function not found: d.nothing at [1:15]"],
  ["CALL d.nothing()", "Query error: Procedure is not found: d.nothing at [1:6]"],
  [
    "CALL d.change(1, 2, 'x')",
    "Query error: Procedure OUT/INOUT argument must be a variable at [1:18]",
  ],
  [
    "CALL d.count_down(99)",
    `Query error: Out of stack space due to deeply-nested procedure call to d.count_down at [${projectId}.d.count_down:1:21]`,
  ],
  [
    "DROP PROCEDURE d.increment",
    "Cannot drop test-project:d.increment, which has type SCALAR_FUNCTION. An object with that name exists but is not a PROCEDURE.",
  ],
  [
    "CREATE PROCEDURE d.p(a INT64) BEGIN DECLARE a INT64; END",
    "Variable 'a' previously declared as an argument at [1:45]",
  ],
  [
    "CREATE FUNCTION d.r(x INT64) RETURNS INT64 LANGUAGE python AS '''x'''",
    "not supported by the local warehouse: functions in the language python",
  ],
  [
    "CREATE AGGREGATE FUNCTION d.a(x INT64) AS (SUM(x))",
    "not supported by the local warehouse: CREATE AGGREGATE",
  ],
];

test.each(errors)("%s fails, and says why", async (sql, message) => {
  expect((await rejection(cloud.bigquery.query(sql))).message).toBe(message);
});

test("DROP takes a routine away, and IF EXISTS makes it no error that there is none", async () => {
  await cloud.bigquery.query("CREATE OR REPLACE FUNCTION d.gone() AS (1)");
  await cloud.bigquery.query("DROP FUNCTION d.gone");
  await cloud.bigquery.query("DROP FUNCTION IF EXISTS d.gone");
  const { message } = await rejection(cloud.bigquery.query("DROP FUNCTION d.gone"));
  expect(message).toBe(`Not found: Routine ${projectId}:d.gone`);
});

test("Google's client makes, reads, changes, lists and deletes routines", async () => {
  await cloud.bigquery.createDataset("r");
  const dataset = cloud.bigquery.dataset("r");
  const definition: RoutineMetadata = {
    routineType: "SCALAR_FUNCTION",
    language: "SQL",
    arguments: [{ name: "x", dataType: { typeKind: "INT64" } }],
    definitionBody: "x * 3",
  };
  const [routine] = await dataset.createRoutine("triple", definition);
  const [[row]] = await cloud.bigquery.query("SELECT r.triple(4) AS x");
  expect(row).toEqual({ x: 12 });
  await routine.setMetadata({ ...definition, definitionBody: "x * 30", description: "more" });
  const [metadata] = await routine.getMetadata();
  expect(metadata).toMatchObject({
    routineReference: { projectId, datasetId: "r", routineId: "triple" },
    definitionBody: "x * 30",
    description: "more",
    arguments: [{ name: "x", dataType: { typeKind: "INT64" } }],
  });
  const [[changed]] = await cloud.bigquery.query("SELECT r.triple(4) AS x");
  expect(changed).toEqual({ x: 120 });
  const [routines] = await dataset.getRoutines();
  expect(routines.map(({ id }) => id)).toEqual(["triple"]);
  const inUse = await rejection(dataset.delete());
  expect(inUse.message).toContain("still in use");
  await routine.delete();
  expect((await routine.exists())[0]).toBe(false);
  await dataset.delete();
});

test("what SQL has made, REST describes", async () => {
  const [metadata] = await cloud.bigquery.dataset("d").routine("change").getMetadata();
  expect(metadata).toMatchObject({
    routineType: "PROCEDURE",
    language: "SQL",
    arguments: [
      { name: "a", mode: "IN", dataType: { typeKind: "INT64" } },
      { name: "b", mode: "OUT", dataType: { typeKind: "INT64" } },
      { name: "c", mode: "INOUT", dataType: { typeKind: "STRING" } },
    ],
  });
  const [any] = await cloud.bigquery.dataset("d").routine("larger").getMetadata();
  expect(any.arguments).toEqual([
    { name: "a", argumentKind: "ANY_TYPE" },
    { name: "b", argumentKind: "ANY_TYPE" },
  ]);
});

test("INFORMATION_SCHEMA.ROUTINES shows them", async () => {
  const [rows] = await cloud.bigquery.query(
    "SELECT routine_name, routine_type, data_type, routine_body, routine_definition FROM d.INFORMATION_SCHEMA.ROUTINES WHERE routine_name IN ('half', 'up_to', 'failing') ORDER BY 1",
  );
  expect(rows).toEqual([
    {
      routine_name: "failing",
      routine_type: "PROCEDURE",
      data_type: null,
      routine_body: "SQL",
      routine_definition: "BEGIN\n  SELECT 1/0;\nEND",
    },
    {
      routine_name: "half",
      routine_type: "FUNCTION",
      data_type: "FLOAT64",
      routine_body: "SQL",
      routine_definition: "x / 2",
    },
    {
      routine_name: "up_to",
      routine_type: "TABLE FUNCTION",
      data_type: null,
      routine_body: "SQL",
      routine_definition: "SELECT n FROM d.numbers WHERE n <= last",
    },
  ]);
  const of = (what: string) =>
    cloud.bigquery.query(
      `SELECT ${what} FROM d.INFORMATION_SCHEMA.ROUTINES WHERE routine_name = 'half'`,
    );
  expect((await of("* EXCEPT (ddl)"))[0]).toMatchObject([{ connection: null }]);
  await expect(of("ddl")).rejects.toThrow("ddl of a routine");
});

describe("what is stored means what it meant when it was made", () => {
  const ask = (query: string, datasetId?: string) =>
    cloud.bigquery.query({ query, ...(datasetId && { defaultDataset: { datasetId } }) });

  beforeAll(async () => {
    await ask("CREATE SCHEMA other");
    await ask("CREATE TABLE other.numbers AS SELECT 100 AS n");
    await ask("CREATE FUNCTION other.increment(x INT64) AS (x + 1000)");
    await ask(
      "CREATE VIEW named AS SELECT increment(n) AS m, (SELECT MAX(n) FROM up_to(2)) AS u FROM numbers JOIN (SELECT 3 AS n) USING (n)",
      "d",
    );
    await ask("CREATE FUNCTION all_of_them() AS ((SELECT COUNT(*) FROM numbers))", "d");
    await ask(
      "CREATE TABLE FUNCTION first_ones(k INT64) AS ( SELECT n FROM numbers WHERE n <= k )",
      "d",
    );
  });

  test("under another default dataset, with temporary functions and tables of the same names", async () => {
    const script = `CREATE TEMP FUNCTION increment(x INT64) AS (x * 0);
      CREATE TEMP TABLE numbers AS SELECT 3 AS n UNION ALL SELECT 3;
      SELECT ARRAY_AGG(STRUCT(m, u)) AS v, d.all_of_them() AS f, (SELECT SUM(n) FROM d.first_ones(2)) AS t FROM d.named`;
    const [rows] = await ask(script, "other");
    expect(rows).toEqual([{ v: [{ m: 4, u: 2 }], f: 3, t: 3 }]);
  });

  test("a view's query is kept with the datasets that were meant", async () => {
    const [metadata] = await cloud.bigquery.dataset("d").table("named").getMetadata();
    expect(metadata.view.query).toBe(
      "SELECT `d`.increment(n) AS m, (SELECT MAX(n) FROM `d`.up_to(2)) AS u FROM `d`.numbers JOIN (SELECT 3 AS n) USING (n)",
    );
  });

  test.each([
    [
      "CREATE VIEW d.odd AS SELECT * FROM numbers",
      'Table "numbers" must be qualified with a dataset',
    ],
    [
      "CREATE TEMP FUNCTION f() AS (1); CREATE VIEW d.odd AS SELECT f() AS x",
      "Creating views with temporary user-defined functions is not supported",
    ],
    [
      "CREATE TEMP TABLE t AS SELECT 1 AS x; CREATE VIEW d.odd AS SELECT * FROM t",
      "Creating views with temporary tables is not supported",
    ],
  ])("%s is refused", async (sql, message) => {
    expect((await rejection(ask(sql))).message).toContain(message);
  });
});
