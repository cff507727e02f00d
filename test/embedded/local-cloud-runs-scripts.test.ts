import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestCloud, type TestCloud } from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  await cloud.bigquery.query("CREATE TABLE d.numbers AS SELECT * FROM UNNEST([1, 2, 3]) AS n");
});
afterAll(() => cloud.stop());

/** Expected rows come from GoogleSQL's documentation of its procedural language. */
type Case = [name: string, script: string, rows: unknown[]];

const variables: Case[] = [
  ["a default", "DECLARE x INT64 DEFAULT 5; SET x = x + 1; SELECT x", [{ x: 6 }]],
  [
    "a type that follows from the default",
    "DECLARE x DEFAULT 'a'; SELECT x || 'b' AS y",
    [{ y: "ab" }],
  ],
  ["no default: NULL", "DECLARE x INT64; SELECT x IS NULL AS n", [{ n: true }]],
  ["several names", "DECLARE x, y INT64 DEFAULT 2; SET y = 3; SELECT x * y AS z", [{ z: 6 }]],
  ["a tuple", "DECLARE x, y INT64; SET (x, y) = (1, 2); SELECT x, y", [{ x: 1, y: 2 }]],
  [
    "a struct from a query",
    "DECLARE x INT64; DECLARE y STRING; SET (x, y) = (SELECT AS STRUCT MAX(n), 'm' FROM d.numbers); SELECT x, y",
    [{ x: 3, y: "m" }],
  ],
  [
    "a NULL struct",
    "DECLARE x, y INT64 DEFAULT 1; SET (x, y) = (SELECT AS STRUCT n, n + 1 FROM d.numbers WHERE n > 9); SELECT x, y",
    [{ x: null, y: null }],
  ],
  [
    "an array from a query",
    "DECLARE a ARRAY<INT64> DEFAULT (SELECT ARRAY_AGG(n ORDER BY n DESC) FROM d.numbers); SELECT a, a[OFFSET(0)] AS first",
    [{ a: [3, 2, 1], first: 3 }],
  ],
  ["coercion at SET", "DECLARE f FLOAT64; SET f = 1; SELECT f / 2 AS h", [{ h: 0.5 }]],
  [
    "a literal of text as a date",
    "DECLARE d DATE DEFAULT '2020-02-29'; SELECT CAST(d AS STRING) AS d",
    [{ d: "2020-02-29" }],
  ],
  [
    "under a column of the same name",
    "DECLARE n INT64 DEFAULT 9; SELECT MAX(n) AS m FROM d.numbers",
    [{ m: 3 }],
  ],
  [
    "in the body of a subquery",
    "DECLARE k INT64 DEFAULT 2; SELECT ARRAY(SELECT n FROM d.numbers WHERE n >= k ORDER BY n) AS a",
    [{ a: [2, 3] }],
  ],
  [
    "a struct's fields",
    "DECLARE s STRUCT<a INT64, b STRING> DEFAULT (1, 'x'); SELECT s.a, s.b",
    [{ a: 1, b: "x" }],
  ],
  [
    "that ends with its block",
    "BEGIN DECLARE x INT64 DEFAULT 1; SELECT x; END; BEGIN DECLARE x STRING DEFAULT 'a'; SELECT x; END",
    [{ x: "a" }],
  ],
  [
    "names in any case",
    "DECLARE Total INT64 DEFAULT 1; SET total = TOTAL + 1; SELECT tOtal AS t",
    [{ t: 2 }],
  ],
];

const flow: Case[] = [
  ["IF", "IF TRUE THEN SELECT 1 AS x; END IF", [{ x: 1 }]],
  [
    "ELSEIF",
    "IF FALSE THEN SELECT 1 AS x; ELSEIF 1 < 2 THEN SELECT 2 AS x; ELSE SELECT 3 AS x; END IF",
    [{ x: 2 }],
  ],
  [
    "a NULL condition as false",
    "IF CAST(NULL AS BOOL) THEN SELECT 1 AS x; ELSE SELECT 3 AS x; END IF",
    [{ x: 3 }],
  ],
  [
    "a condition with a query",
    "IF EXISTS (SELECT 1 FROM d.numbers WHERE n = 3) THEN SELECT 'yes' AS x; END IF",
    [{ x: "yes" }],
  ],
  [
    "LOOP and BREAK",
    "DECLARE i INT64 DEFAULT 0; LOOP SET i = i + 1; IF i >= 4 THEN BREAK; END IF; END LOOP; SELECT i",
    [{ i: 4 }],
  ],
  [
    "WHILE and CONTINUE",
    "DECLARE i, s INT64 DEFAULT 0; WHILE i < 5 DO SET i = i + 1; IF MOD(i, 2) = 0 THEN CONTINUE; END IF; SET s = s + i; END WHILE; SELECT s",
    [{ s: 9 }],
  ],
  [
    "REPEAT at least once",
    "DECLARE i INT64 DEFAULT 9; REPEAT SET i = i + 1; UNTIL i > 5 END REPEAT; SELECT i",
    [{ i: 10 }],
  ],
  [
    "FOR in the order of the query",
    "DECLARE s STRING DEFAULT ''; FOR row IN (SELECT n, n * n AS q FROM d.numbers ORDER BY n DESC) DO SET s = s || CAST(row.n AS STRING) || '=' || CAST(row.q AS STRING) || ' '; END FOR; SELECT s",
    [{ s: "3=9 2=4 1=1 " }],
  ],
  [
    "FOR over nothing",
    "DECLARE i INT64 DEFAULT 0; FOR r IN (SELECT n FROM d.numbers WHERE n > 5) DO SET i = 1; END FOR; SELECT i",
    [{ i: 0 }],
  ],
  ["labels", "a: LOOP b: LOOP LEAVE a; END LOOP b; END LOOP a; SELECT 'out' AS x", [{ x: "out" }]],
  [
    "ITERATE of an outer loop",
    "DECLARE i, s INT64 DEFAULT 0; o: WHILE i < 3 DO SET i = i + 1; LOOP ITERATE o; END LOOP; SET s = 100; END WHILE; SELECT i, s",
    [{ i: 3, s: 0 }],
  ],
  ["LEAVE of a block", "b: BEGIN SELECT 1 AS x; LEAVE b; SELECT 2 AS x; END b", [{ x: 1 }]],
  [
    "CASE with a value",
    "CASE 2 WHEN 1 THEN SELECT 'one' AS x; WHEN 2 THEN SELECT 'two' AS x; END CASE",
    [{ x: "two" }],
  ],
  [
    "CASE without one",
    "CASE WHEN 1 > 2 THEN SELECT 'a' AS x; ELSE SELECT 'b' AS x; END CASE",
    [{ x: "b" }],
  ],
  ["RETURN", "SELECT 1 AS x; RETURN; SELECT 2 AS x", [{ x: 1 }]],
  [
    "the last result, whatever follows it",
    "SELECT 7 AS x; BEGIN DECLARE y INT64; SET y = 1; END",
    [{ x: 7 }],
  ],
];

const dynamic: Case[] = [
  ["a text", "EXECUTE IMMEDIATE 'SELECT 1 AS x'", [{ x: 1 }]],
  ["positions", "EXECUTE IMMEDIATE 'SELECT ? * ? AS x' USING 6, 7", [{ x: 42 }]],
  ["names", "EXECUTE IMMEDIATE 'SELECT @a - @b AS x' USING 1 AS b, 5 AS a", [{ x: 4 }]],
  [
    "INTO",
    "DECLARE m, c INT64; EXECUTE IMMEDIATE 'SELECT MAX(n), COUNT(*) AS c FROM d.numbers' INTO m, c; SELECT m, c",
    [{ m: 3, c: 3 }],
  ],
  [
    "INTO without a row",
    "DECLARE m INT64 DEFAULT 1; EXECUTE IMMEDIATE 'SELECT n FROM d.numbers WHERE n > 9' INTO m; SELECT m",
    [{ m: null }],
  ],
  [
    "DDL and DML",
    "EXECUTE IMMEDIATE 'CREATE OR REPLACE TABLE d.dynamic (x INT64)'; EXECUTE IMMEDIATE 'INSERT INTO d.dynamic VALUES (?)' USING 3; SELECT @@row_count AS n, (SELECT x FROM d.dynamic) AS x",
    [{ n: 1, x: 3 }],
  ],
];

const rest: Case[] = [
  [
    "temporary tables",
    "CREATE TEMP TABLE t (x INT64); INSERT INTO t VALUES (1), (2); DELETE FROM _SESSION.t WHERE x = 1; SELECT * FROM t",
    [{ x: 2 }],
  ],
  [
    "temporary tables over those of the default dataset",
    "CREATE TEMP TABLE numbers AS SELECT 9 AS n; SELECT n FROM numbers; DROP TABLE numbers; SET @@dataset_id = 'd'; SELECT MAX(n) AS m FROM numbers",
    [{ m: 3 }],
  ],
  [
    "temporary functions",
    "CREATE TEMP FUNCTION twice(x INT64) AS (x * 2); SELECT twice(1); SELECT twice(21) AS x",
    [{ x: 42 }],
  ],
  [
    "@@row_count",
    "CREATE OR REPLACE TABLE d.counted (x INT64); INSERT INTO d.counted VALUES (1), (2); SELECT @@row_count AS n",
    [{ n: 2 }],
  ],
  [
    "@@dataset_id",
    "SET @@dataset_id = 'd'; SELECT @@dataset_id AS d, COUNT(*) AS n FROM numbers",
    [{ d: "d", n: 3 }],
  ],
  [
    "@@project_id and @@time_zone",
    "SELECT @@project_id AS p, @@time_zone AS z",
    [{ p: "test-project", z: "UTC" }],
  ],
  [
    "ASSERT that holds",
    "ASSERT (SELECT COUNT(*) FROM d.numbers) = 3 AS 'three'; SELECT 1 AS x",
    [{ x: 1 }],
  ],
  [
    "COMMIT",
    "CREATE OR REPLACE TABLE d.tx (x INT64); BEGIN TRANSACTION; INSERT INTO d.tx VALUES (1); COMMIT TRANSACTION; SELECT * FROM d.tx",
    [{ x: 1 }],
  ],
  [
    "ROLLBACK, with what was read before",
    "CREATE OR REPLACE TABLE d.tx (x INT64); BEGIN TRANSACTION; INSERT INTO d.tx VALUES (1); SELECT COUNT(*) AS n, (SELECT COUNT(*) FROM d.tx) + 0 AS m FROM d.tx; ROLLBACK TRANSACTION",
    [{ n: 1, m: 1 }],
  ],
  [
    "temporary tables in a transaction",
    "CREATE OR REPLACE TABLE d.tx (x INT64); BEGIN; CREATE TEMP TABLE s AS SELECT 4 AS x; INSERT INTO d.tx SELECT x FROM s; COMMIT; SELECT x FROM d.tx",
    [{ x: 4 }],
  ],
];

for (const [title, cases] of Object.entries({ variables, flow, dynamic, rest })) {
  describe(title, () => {
    test.each(cases)("%s", async (_name, script, expected) => {
      const [rows] = await cloud.bigquery.query(script);
      expect(rows).toEqual(expected);
    });
  });
}

test("what a script has left open in a transaction is rolled back", async () => {
  await cloud.bigquery.query(
    "CREATE OR REPLACE TABLE d.open (x INT64); BEGIN TRANSACTION; INSERT INTO d.open VALUES (1)",
  );
  const [rows] = await cloud.bigquery.query("SELECT COUNT(*) AS n FROM d.open");
  expect(rows).toEqual([{ n: 0 }]);
});

test("every type keeps its value in a variable", async () => {
  const [[row]] = await cloud.bigquery.query(`
    DECLARE ts TIMESTAMP DEFAULT TIMESTAMP '2020-01-02 03:04:05.678901+00';
    DECLARE num NUMERIC DEFAULT NUMERIC '-99999999999999999999999999999.999999999';
    DECLARE b BYTES DEFAULT b'\\x00a';
    DECLARE t TIME DEFAULT TIME '01:02:03.000004';
    DECLARE dt DATETIME DEFAULT DATETIME '0001-01-01 00:00:00';
    DECLARE f FLOAT64 DEFAULT CAST('-inf' AS FLOAT64);
    DECLARE tiny FLOAT64 DEFAULT 1e-320;
    DECLARE s STRING DEFAULT '\\ufeffq\\x00\\'"';
    DECLARE i INTERVAL DEFAULT INTERVAL 1 MONTH;
    DECLARE missing ARRAY<INT64>;
    DECLARE j JSON DEFAULT JSON '{"a": [1, null]}';
    SELECT ts = TIMESTAMP '2020-01-02 03:04:05.678901+00' AS ts,
      num = NUMERIC '-99999999999999999999999999999.999999999' AS num, TO_HEX(b) AS b,
      t = TIME '01:02:03.000004' AS t, dt = DATETIME '0001-01-01 00:00:00' AS dt,
      f = CAST('-inf' AS FLOAT64) AS f, tiny = 1e-320 AS tiny, LENGTH(s) AS s,
      DATE '2020-01-31' + i = DATETIME '2020-02-29 00:00:00' AS i, missing IS NULL AS missing,
      JSON_VALUE(j, '$.a[0]') AS j`);
  expect(row).toEqual({
    ts: true,
    num: true,
    b: "0061",
    t: true,
    dt: true,
    f: true,
    tiny: true,
    s: 5,
    i: true,
    missing: true,
    j: "1",
  });
});
