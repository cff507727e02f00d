import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { WarehouseError } from "../../server/embedded/warehouse/contract.ts";
import { createSqlFrontEnd } from "../../server/embedded/warehouse/sql/front-end.ts";
import { createDuckCatalog, type DuckCatalog } from "../support/duck-catalog.ts";
import { fixtureFiles, readFixtures } from "../support/googlesql-fixtures.ts";

let duck: DuckCatalog;

beforeAll(async () => {
  duck = await createDuckCatalog();
  await duck.connection.run('CREATE TABLE "d.t" (a BIGINT, b VARCHAR, c DATE)');
  duck.addTable("d", "t", [
    { name: "a", type: "INTEGER", mode: "NULLABLE" },
    { name: "b", type: "STRING", mode: "NULLABLE" },
    { name: "c", type: "DATE", mode: "NULLABLE" },
  ]);
});

afterAll(() => duck.close());

/** Numbers that look random and are the same at each run. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What is no query, and is spoilt beside those of the fixtures. */
const statements = [
  "INSERT INTO d.t (a, b) VALUES (1, 'x'), (2, NULL)",
  "INSERT d.t SELECT 1, 'x', DATE '2024-01-01'",
  "UPDATE d.t SET b = UPPER(b), a = a + 1 WHERE a > 1",
  "UPDATE d.t AS x SET b = y.s FROM UNNEST([STRUCT(1 AS k, 'z' AS s)]) AS y WHERE x.a = y.k",
  "DELETE FROM d.t WHERE a IN (SELECT a FROM d.t GROUP BY a HAVING COUNT(*) > 1)",
  "MERGE d.t AS x USING (SELECT 1 AS k) AS y ON x.a = y.k WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (a) VALUES (k)",
  "TRUNCATE TABLE d.t",
  "CREATE OR REPLACE TABLE d.u (a INT64 NOT NULL PRIMARY KEY NOT ENFORCED, b STRUCT<c ARRAY<STRING>> OPTIONS (description = 'x')) PARTITION BY DATE_TRUNC(c, MONTH) CLUSTER BY a",
  "CREATE TABLE d.u (a INT64 DEFAULT -1 NOT NULL, b ARRAY<STRING> DEFAULT ['x'], c TIMESTAMP DEFAULT CURRENT_TIMESTAMP())",
  "ALTER TABLE d.t ALTER COLUMN a SET DEFAULT 5, ALTER COLUMN b DROP DEFAULT",
  "CREATE TABLE IF NOT EXISTS d.u PARTITION BY c OPTIONS (labels = [('a', 'b')]) AS SELECT a, c FROM d.t",
  "CREATE SNAPSHOT TABLE d.s CLONE d.t OPTIONS (expiration_timestamp = TIMESTAMP '2030-01-01 00:00:00+00')",
  "ALTER TABLE d.t ADD COLUMN x INT64, DROP COLUMN IF EXISTS b, RENAME COLUMN a TO z",
  "ALTER TABLE d.t ALTER COLUMN a SET DATA TYPE NUMERIC",
  "CREATE MATERIALIZED VIEW d.v AS FROM d.t |> AGGREGATE COUNT(*) AS n GROUP BY b |> WHERE n > 1",
  "DROP SNAPSHOT TABLE IF EXISTS d.s",
  "CREATE SCHEMA IF NOT EXISTS e OPTIONS (location = 'US')",
  "SELECT a FROM d.t FOR SYSTEM_TIME AS OF TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR)",
  "FROM d.t |> EXTEND a + 1 AS n |> SET b = 'x' |> ORDER BY n DESC |> LIMIT 3 |> RENAME n AS m |> DROP c",
  "DECLARE x INT64 DEFAULT 1; WHILE x < 3 DO SET x = x + 1; END WHILE; SELECT x",
  "a: BEGIN DECLARE x, y INT64; FOR r IN (SELECT a FROM d.t) DO SET (x, y) = (r.a, 2); IF x > y THEN LEAVE a; ELSEIF x IS NULL THEN CONTINUE; ELSE RAISE USING MESSAGE = 'no'; END IF; END FOR; EXCEPTION WHEN ERROR THEN SELECT @@error.message; RAISE; END a",
  "CASE 1 WHEN 1 THEN EXECUTE IMMEDIATE 'SELECT ?' INTO x USING 1; ELSE REPEAT CALL d.p(1, x); UNTIL TRUE END REPEAT; END CASE; ASSERT TRUE AS 'x'",
  "CREATE OR REPLACE PROCEDURE d.p(IN a INT64, OUT b ARRAY<STRING>, INOUT c ANY TYPE) BEGIN BEGIN TRANSACTION; SET @@dataset_id = 'd'; ROLLBACK TRANSACTION; END",
  'CREATE TEMP FUNCTION f(x FLOAT64, s STRUCT<a STRING>) RETURNS ARRAY<STRING> NOT DETERMINISTIC LANGUAGE js AS r"""return [x, s.a]"""; SELECT f(a, STRUCT(b AS a)) FROM d.t',
  "CREATE TABLE FUNCTION IF NOT EXISTS d.tf(x INT64, y ANY TYPE) RETURNS TABLE<a INT64> AS (SELECT a FROM d.t WHERE a = x)",
  "CREATE FUNCTION d.fn(x ANY TYPE) RETURNS STRING AS (CONCAT(CAST(x AS STRING), '!')); DROP TABLE FUNCTION IF EXISTS d.tf; DROP PROCEDURE d.p",
  "SELECT * FROM d.tf(1, (SELECT MAX(a) FROM d.t)) AS x JOIN d.t USING (a)",
  "SELECT * FROM `d.*` WHERE _TABLE_SUFFIX BETWEEN 'a' AND 'z'",
];

const strange = [
  "|>",
  "GROUP BY",
  "AS",
  "`",
  "[",
  "<",
  "WITH",
  "OPTIONS (",
  "(",
  ")",
  "'",
  "`",
  ",",
  "NULL",
  "SELECT",
  "FROM",
  "1e400",
  "[",
  "]",
  "*",
  "é",
  "\0",
  "@",
  "OVER ()",
  "-- ",
  "/*",
  ";",
  "$1",
  "_l.p1",
];

function mutate(sql: string, other: string, next: (below: number) => number): string {
  const at = next(sql.length + 1);
  const length = next(12);
  switch (next(5)) {
    case 0:
      return sql.slice(0, at) + sql.slice(at + length);
    case 1:
      return sql.slice(0, at) + (strange[next(strange.length)] ?? "") + sql.slice(at);
    case 2:
      return sql.slice(0, at) + sql.slice(at, at + length) + sql.slice(at);
    case 3:
      return sql.slice(0, at) + other.slice(next(other.length));
    default:
      return sql.replace(/\b\w+\b/, other.match(/\b\w+\b/g)?.[length] ?? "x");
  }
}

/** Twice what one query may take to compile, and then some to run. */
const patienceMs = 20_000;

describe("the SQL front end", () => {
  it("answers, or fails with a WarehouseError, whatever the text", async () => {
    const queries = fixtureFiles()
      .flatMap(readFixtures)
      .map((fixture) => fixture.sql);
    for (let i = 0; i < 40; i++) queries.push(...statements);
    const next = sequence(20_240_315);
    const faults: unknown[] = [];
    for (let i = 0; i < inject("mutations"); i++) {
      const [a, b] = [queries[next(queries.length)] ?? "", queries[next(queries.length)] ?? ""];
      const sql = mutate(a, b, next);
      const watch = setTimeout(() => {
        faults.push({ sql, error: "runs on and on" });
        duck.connection.interrupt();
      }, patienceMs);
      await duck.run(sql).catch((error: unknown) => {
        if (!(error instanceof WarehouseError)) faults.push({ sql, error });
      });
      clearTimeout(watch);
    }
    expect(faults).toEqual([]);
  });

  it.each([
    ["nested parentheses", `SELECT ${"(".repeat(100_000)}1`],
    ["nested queries", `${"SELECT * FROM (".repeat(5000)}SELECT 1${")".repeat(5000)}`],
    ["nested arrays", `SELECT ${"[".repeat(50_000)}`],
    ["nested types", `SELECT CAST(1 AS ${"ARRAY<".repeat(10_000)}`],
    ["a chain of NOT", `SELECT ${"NOT ".repeat(50_000)}TRUE`],
    ["a chain of minus", `SELECT ${"- ".repeat(50_000)}1`],
    ["nested CASE", `SELECT ${"CASE WHEN ".repeat(10_000)}`],
    ["too long a text", `SELECT '${"x".repeat(2_000_000)}'`],
    ["a long sum", `SELECT ${"1.5 + ".repeat(20_000)}1`],
  ])("refuses %s without falling over", async (_, sql) => {
    await expect(duck.compile(sql)).rejects.toBeInstanceOf(WarehouseError);
  });

  it("compiles a long list and a wide select", async () => {
    const list = Array.from({ length: 5000 }, (_, i) => i).join(", ");
    expect(
      (await duck.run(`SELECT COUNT(*) AS n FROM UNNEST([${list}]) AS x WHERE x IN (${list})`))
        .rows,
    ).toEqual([["5000"]]);
    const columns = Array.from({ length: 2000 }, (_, i) => `${i} AS c${i}`).join(", ");
    expect((await duck.run(`SELECT ${columns}`)).schema).toHaveLength(2000);
  });

  it("ends a query that takes longer to compile than the deadline", async () => {
    const frontEnd = createSqlFrontEnd({ deadlineMs: 0 });
    const wide = `SELECT ${Array.from({ length: 5000 }, (_, i) => `${i}`).join(", ")}`;
    const options = {
      projectId: "p",
      defaultDataset: null,
      legacySql: false,
      catalog: { hasDataset: () => false, get: () => undefined, list: () => [] },
      parameters: [],
      now: new Date(0),
    };
    await expect(frontEnd.compile(wide, options)).rejects.toMatchObject({
      reason: "resourcesExceeded",
    });
  });

  it("ends views that read themselves and functions that call functions", async () => {
    duck.addTable("loop", "a", [], {
      type: "VIEW",
      viewQuery: "SELECT * FROM loop.b, loop.b AS c",
    });
    duck.addTable("loop", "b", [], {
      type: "VIEW",
      viewQuery: "SELECT * FROM loop.a, loop.a AS d",
    });
    await expect(duck.compile("SELECT * FROM loop.a")).rejects.toBeInstanceOf(WarehouseError);
    const functions = Array.from(
      { length: 40 },
      (_, i) =>
        `CREATE TEMP FUNCTION f${i}(x INT64) AS (${i === 0 ? "x" : `f${i - 1}(x) + f${i - 1}(x)`});`,
    );
    await expect(duck.compile(`${functions.join("\n")} SELECT f39(1)`)).rejects.toBeInstanceOf(
      WarehouseError,
    );
    await expect(
      duck.compile("CREATE TEMP FUNCTION g(x INT64) AS (g(x)); SELECT g(1)"),
    ).rejects.toBeInstanceOf(WarehouseError);
  });
});
