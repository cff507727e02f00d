import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rejection, startTestCloud, type TestCloud, until } from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

/** A function of the parameters with this result and body, called once. */
function calling(signature: string, code: string, call: string): string {
  const [parameters, returns] = signature.split(" -> ");
  return `CREATE TEMP FUNCTION f(${parameters}) RETURNS ${returns} LANGUAGE js AS r"""${code}"""; SELECT ${call} AS x`;
}

type Case = [signature: string, code: string, call: string, answer: unknown];

const values: Case[] = [
  ["x FLOAT64, y FLOAT64 -> FLOAT64", "return x * y;", "f(2.5, 4)", 10],
  ["x FLOAT64 -> FLOAT64", "return x === null ? -1 : x;", "f(NULL)", -1],
  ["x FLOAT64 -> FLOAT64", "return;", "f(1)", null],
  ["x FLOAT64 -> FLOAT64", "return x;", "f(CAST('nan' AS FLOAT64))", Number.NaN],
  ["x FLOAT64 -> FLOAT64", "return -1 / 0;", "f(1)", Number.NEGATIVE_INFINITY],
  ["x STRING -> STRING", "return x.toUpperCase() + '✓';", "f('é\"\\\\')", 'É"\\✓'],
  ["x STRING -> INT64", "return x.length;", "f('abc')", 3],
  ["x STRING -> INT64", "return '12';", "f('')", 12],
  ["x BYTES -> STRING", "return x;", "f(b'\\x00\\xff')", "AP8="],
  ["x BYTES -> BYTES", "return x;", "f(b'\\x00\\xff')", Buffer.from([0, 255])],
  ["x BOOL -> BOOL", "return !x;", "f(FALSE)", true],
  ["x NUMERIC -> STRING", "return typeof x;", "f(NUMERIC '12')", "number"],
  ["x NUMERIC -> STRING", "return typeof x;", "f(NUMERIC '1.5')", "string"],
  [
    "x NUMERIC -> STRING",
    "return x;",
    "CAST(f(NUMERIC '12345678901234567890.123456789') AS STRING)",
    "12345678901234567890.123456789",
  ],
  [
    "x DATE -> STRING",
    "return x.toISOString();",
    "f(DATE '2020-02-28')",
    "2020-02-28T00:00:00.000Z",
  ],
  [
    "x DATE -> DATE",
    "x.setUTCDate(29); return x;",
    "CAST(f(DATE '2020-02-28') AS STRING)",
    "2020-02-29",
  ],
  [
    "x TIMESTAMP -> TIMESTAMP",
    "return new Date(x.getTime() + 1500);",
    "STRING(f(TIMESTAMP '2020-01-01 00:00:00.5+00'))",
    "2020-01-01 00:00:02+00",
  ],
  [
    "x JSON -> JSON",
    "x.b = [1, {c: null}]; return x;",
    "TO_JSON_STRING(f(JSON '{\"a\": 1}'))",
    '{"a":1,"b":[1,{"c":null}]}',
  ],
  ["x ARRAY<FLOAT64> -> ARRAY<FLOAT64>", "return x.map((v) => v * 2);", "f([1.0, 2.0])", [2, 4]],
  [
    "x STRUCT<a FLOAT64, b ARRAY<STRING>> -> STRUCT<n INT64, l ARRAY<STRING>>",
    "return {n: x.a + 1, l: x.b.concat('z')};",
    "f(STRUCT(1.0 AS a, ['q'] AS b))",
    { n: 2, l: ["q", "z"] },
  ],
  [
    " -> STRING",
    "return [typeof require, typeof process, typeof fetch, typeof console].join();",
    "f()",
    "undefined,undefined,undefined,undefined",
  ],
];

describe("values pass as BigQuery documents it", () => {
  test.each(values)("%s: %s %s", async (signature, code, call, answer) => {
    const [[row]] = await cloud.bigquery.query(calling(signature, code, call));
    expect(row.x).toEqual(answer);
  });
});

const errors: [signature: string, code: string, call: string, message: string][] = [
  ["x FLOAT64 -> FLOAT64", "throw new Error('boom');", "f(1)", "Error: boom"],
  ["x FLOAT64 -> FLOAT64", "return nope;", "f(1)", "ReferenceError: nope is not defined"],
  [
    "x FLOAT64 -> INT64",
    "return 'abc';",
    "f(1)",
    'Failed to coerce output value "abc" to type INT64',
  ],
  [
    "x FLOAT64 -> FLOAT64",
    "function g() { return g() + 1; } return g();",
    "f(1)",
    "RangeError: Maximum call stack size exceeded",
  ],
  [
    "x FLOAT64 -> FLOAT64",
    "const a = []; while (true) a.push(new Uint8Array(1000000));",
    "f(1)",
    "UDF out of memory",
  ],
  [
    "x INT64 -> FLOAT64",
    "return x;",
    "f(1)",
    "not supported by the local warehouse: INT64 as argument of JavaScript functions",
  ],
  [
    "x TIMESTAMP -> STRING",
    "try { return '' + x.getHours(); } catch { return 'caught'; }",
    "f(CURRENT_TIMESTAMP())",
    "not supported by the local warehouse: Date.getHours (a time zone of its own) in JavaScript",
  ],
];

test.each(errors)("%s: %s fails, and says why", async (signature, code, call, message) => {
  const failure = await rejection(cloud.bigquery.query(calling(signature, code, call)));
  expect(failure.message).toContain(message);
});

test("libraries are refused by name", async () => {
  const { message } = await rejection(
    cloud.bigquery.query(
      "CREATE TEMP FUNCTION f() RETURNS STRING LANGUAGE js OPTIONS (library = ['gs://b/x.js']) AS 'return 1'; SELECT f()",
    ),
  );
  expect(message).toBe(
    "not supported by the local warehouse: the option library of JavaScript functions",
  );
});

test("every row is computed, and random ones each on their own", async () => {
  const [[row]] = await cloud.bigquery.query(
    "CREATE TEMP FUNCTION f(x FLOAT64) RETURNS FLOAT64 LANGUAGE js AS 'return x + 1'; CREATE TEMP FUNCTION r() RETURNS FLOAT64 LANGUAGE js AS 'return Math.random()'; SELECT SUM(f(x)) AS s, COUNT(DISTINCT r()) AS n FROM UNNEST(GENERATE_ARRAY(1, 10000)) AS x",
  );
  expect(row).toEqual({ s: 50_015_000, n: 10_000 });
});

test("a dataset's JavaScript function is called as a SQL one is", async () => {
  await cloud.bigquery.query(
    "CREATE FUNCTION d.shout(x STRING) RETURNS STRING DETERMINISTIC LANGUAGE js AS \"return x + '!'\"",
  );
  const [rows] = await cloud.bigquery.query(
    "DECLARE x STRING DEFAULT d.shout('a'); SELECT d.shout(x) AS y",
  );
  expect(rows).toEqual([{ y: "a!!" }]);
  const [metadata] = await cloud.bigquery.dataset("d").routine("shout").getMetadata();
  expect(metadata).toMatchObject({
    language: "JAVASCRIPT",
    determinismLevel: "DETERMINISTIC",
    definitionBody: "return x + '!'",
  });
});

test("a function that takes its time is done at last", async () => {
  const [[row]] = await cloud.bigquery.query(
    "CREATE TEMP FUNCTION f(x FLOAT64) RETURNS FLOAT64 LANGUAGE js AS 'const end = Date.now() + 700; while (Date.now() < end); return x'; SELECT SUM(f(x)) AS s FROM UNNEST([1.0, 2.0]) AS x",
  );
  expect(row).toEqual({ s: 3 });
});

test("a function without an end leaves the server responsive, and ends with a cancel", async () => {
  const [job] = await cloud.bigquery.createQueryJob({
    query:
      "CREATE TEMP FUNCTION f() RETURNS FLOAT64 LANGUAGE js AS 'while (true);'; SELECT f() AS x",
  });
  await until(async () => (await job.getMetadata())[0].status.state === "RUNNING");
  const [rows] = await cloud.bigquery.query("SELECT 1 AS x");
  expect(rows).toEqual([{ x: 1 }]);
  await job.cancel();
  expect((await rejection(job.getQueryResults())).reason).toBe("stopped");
  const [[row]] = await cloud.bigquery.query(calling("x FLOAT64 -> FLOAT64", "return x;", "f(7)"));
  expect(row).toEqual({ x: 7 });
});
