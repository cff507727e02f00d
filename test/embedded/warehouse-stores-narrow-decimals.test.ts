import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loading } from "./support/loading.ts";
import { runJob, startTestCloud, tableReference } from "./support/local-cloud.ts";

/*
 * A Parquet file's DECIMAL(10,2) is NUMERIC to BigQuery. The local warehouse keeps it with its own
 * digits: each test holds such a table against one with the same rows that has NUMERIC's.
 */
const cloud = await startTestCloud();
afterAll(() => cloud.stop());
const files = loading(cloud);

const rows = `FROM (VALUES
  (1, 'a', 10, 12.34, 0.0500, 999999999999999999, 12345678901234567890123456789.123456789),
  (2, 'a', -3, -99999999.99, 0.3333, -999999999999999999, -99999999999999999999999999999.999999999),
  (3, 'b', 0, 0.00, 0.0000, 0, 0),
  (4, 'b', NULL, NULL, NULL, NULL, NULL),
  (5, 'c', 7, 0.05, -9.9999, 1, 0.000000001),
  (6, 'c', 4611686018427387904, 99999999.99, 9.9999, 7, 1000)
) AS t(id, k, i, amount, rate, big, any_numeric)`;
const columns =
  "id::BIGINT AS id, k, i::BIGINT AS i, amount::DECIMAL(10,2) AS amount, rate::DECIMAL(5,4) AS rate, big::DECIMAL(18,0) AS big, any_numeric::DECIMAL(38,9) AS any_numeric";

async function putRows(name: string, select = `SELECT ${columns} ${rows}`): Promise<void> {
  const path = join(cloud.dataDir, "draft.parquet");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  await files.put(name, await readFile(path));
  await rm(path);
}

const loadRows = (table: string, options: Record<string, unknown> = {}) =>
  files.load(table, "rows.parquet", { sourceFormat: "PARQUET", ...options });

beforeAll(async () => {
  await putRows("rows.parquet");
  await loadRows("narrow");
  await cloud.bigquery.query("CREATE TABLE d.wide AS SELECT * FROM d.narrow");
});

/** The rows, or the message of the error. */
async function answer(sql: string): Promise<unknown> {
  try {
    const [found] = await cloud.bigquery.query(sql);
    return JSON.parse(JSON.stringify(found));
  } catch (error) {
    return (error as Error).message;
  }
}

const same = async (sql: string) => {
  const [narrow, wide] = [
    await answer(sql.replace(/\bT\b/g, "d.narrow")),
    await answer(sql.replace(/\bT\b/g, "d.wide")),
  ];
  expect(narrow, sql).toEqual(wide);
  return narrow;
};

const expressions = [
  "big / 0.000000001",
  "any_numeric * rate",
  "amount + rate",
  "amount - 1",
  "1 - rate",
  "-amount",
  "amount * rate",
  "amount * (1 - rate) * (1 + rate)",
  "amount * amount * amount",
  "rate * rate * rate",
  "amount * i",
  "i * rate",
  "big * 10",
  "big + amount",
  "amount * 0.1",
  "amount * 1e-3",
  "amount * 0.123456789",
  "rate * 0.123456789",
  "amount / 3",
  "amount / NULLIF(rate, 0)",
  "amount / IF(id = 3, 1, 7)",
  "big / 3",
  "CASE WHEN id < 3 THEN amount WHEN id = 3 THEN rate ELSE 0 END * 2",
  "IF(id > 2, amount, big) + rate",
  "IFNULL(amount, 0.5)",
  "COALESCE(amount, rate, 1) * rate",
  "CAST(amount AS STRING)",
  "CAST(amount AS FLOAT64) * 3",
  "CAST(amount AS INT64)",
  "amount * 1.5e0 + CAST(i AS FLOAT64)",
  "ROUND(amount * rate, 2)",
  "FORMAT('%t|%.3f', amount, rate)",
  "TO_JSON_STRING(STRUCT(amount, rate))",
  "amount > 0.049",
  "amount = big",
  "amount < any_numeric",
  "amount BETWEEN rate AND 12.34",
  "amount IN (0.05, 12.34, 7)",
  "amount IS DISTINCT FROM rate",
  "SUM(amount) OVER (PARTITION BY k ORDER BY id)",
  "AVG(rate) OVER (ORDER BY amount ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
  "LAG(amount, 1, 0) OVER (ORDER BY id)",
  "CAST(amount AS BIGNUMERIC) * rate",
  "(SELECT MAX(x.amount) FROM T x WHERE x.k = t.k) * rate",
  "amount IN (SELECT x.amount FROM T x WHERE x.id <> t.id)",
  "rate / NULLIF(amount, 0)",
  "IF(id IN (1, 2), 0, any_numeric) + amount",
  "IF(id IN (1, 2), 0, any_numeric) * rate",
  "IF(id > 2, big, 3) * big",
  "[IFNULL(amount, 0), 1.5]",
  "IF(id IN (1, 2), 3, big) / 0.000000001",
  "IF(id IN (1, 2), 0.1, big) * rate * 0.00001",
];

test("expressions of its columns are as with NUMERIC's own digits", async () => {
  const list = expressions.map((expression, i) => `${expression} AS v${i}`).join(", ");
  expect(await same(`SELECT id, ${list} FROM T t ORDER BY id`)).toHaveLength(6);
});

test.each([
  "big * big",
  "any_numeric + amount",
  "amount / rate",
  "rate / amount",
  "[amount, rate]",
])("%s fails as with NUMERIC's own digits", async (expression) => {
  const message = await same(`SELECT id, ${expression} AS v FROM T t ORDER BY id`);
  expect(message).toMatch(/division by zero|overflow|null element|could not convert/i);
});

test.each([
  "SELECT SUM(amount) s, AVG(amount) a, MIN(rate) b, MAX(big) c, COUNT(DISTINCT amount) d, ANY_VALUE(amount HAVING MIN id) e FROM T",
  "SELECT SUM(amount * (1 - rate)) s, AVG(amount * rate) a, SUM(i * rate) c, AVG(big) m FROM T",
  "SELECT SUM(big * 100000000000) s FROM T",
  "SELECT SUM(any_numeric) s, AVG(any_numeric) a FROM T WHERE id <> 2",
  "SELECT SUM(DISTINCT amount) s, AVG(DISTINCT rate) a FROM T",
  "SELECT SUM(amount) / SUM(rate) q, 100.00 * SUM(IF(k = 'a', amount, 0)) / SUM(amount) p FROM T",
  "SELECT SUM(amount) s FROM T WHERE FALSE",
  "SELECT AVG(amount) s FROM T WHERE amount IS NULL",
  "SELECT k, SUM(amount) s, GROUPING(k) g FROM T GROUP BY ROLLUP (k) ORDER BY k, g",
  "SELECT amount, COUNT(*) n FROM T GROUP BY amount HAVING SUM(rate) > -10 ORDER BY amount DESC",
  "SELECT DISTINCT amount, rate FROM T ORDER BY amount, rate",
  "SELECT amount AS v FROM T UNION ALL SELECT rate FROM T UNION ALL SELECT 0.5 ORDER BY v",
  "SELECT amount AS v FROM T EXCEPT DISTINCT SELECT big FROM T ORDER BY v",
  "WITH x AS (SELECT id, amount * rate AS v FROM T), y AS (SELECT SUM(v) AS w FROM x) SELECT v + w AS z FROM x, y ORDER BY id",
  "WITH RECURSIVE r AS (SELECT amount AS v, 1 AS n FROM T WHERE id = 1 UNION ALL SELECT v * 1.1, n + 1 FROM r WHERE n < 4) SELECT * FROM r ORDER BY n",
  "SELECT a.id, b.id AS other FROM T a JOIN T b ON a.amount = b.amount AND a.rate < 9.99995 ORDER BY 1, 2",
  "SELECT id, amount, b.rate FROM T a JOIN T b USING (id, amount) ORDER BY id",
  "SELECT * FROM T WHERE amount > 0.1 ORDER BY amount DESC LIMIT 2",
  "SELECT v FROM (SELECT AS STRUCT amount, rate FROM T WHERE id = 1) v",
  "SELECT t FROM T t WHERE id = 5",
  "SELECT v FROM (SELECT AS VALUE amount FROM T) v ORDER BY v",
  "SELECT ARRAY_AGG(amount IGNORE NULLS ORDER BY amount) a, STRING_AGG(CAST(rate AS STRING) ORDER BY id) s FROM T",
  "FROM T |> EXTEND amount * rate AS v |> AGGREGATE SUM(v) AS s GROUP BY k |> ORDER BY k",
  "SELECT * FROM (SELECT k, amount FROM T) PIVOT (SUM(amount) FOR k IN ('a', 'b'))",
  "SELECT id, amount FROM T QUALIFY ROW_NUMBER() OVER (PARTITION BY k ORDER BY amount DESC) = 1 ORDER BY id",
])("%s", async (sql) => {
  const found = await same(sql);
  expect(Array.isArray(found), String(found)).toBe(true);
});

test("its schema, pages and files are those of any NUMERIC", async () => {
  const fields = await files.fieldsOf("narrow");
  expect(fields).toEqual(await files.fieldsOf("wide"));
  expect(fields).toContain("amount NUMERIC");
  const read = async (table: string) =>
    (await cloud.bigquery.dataset("d").table(table).getRows())[0];
  expect(JSON.stringify(await read("narrow"))).toBe(JSON.stringify(await read("wide")));
  const extracted = async (table: string, destinationFormat: string) => {
    const destinationUris = [`gs://bucket/${table}.out`];
    await runJob(cloud.bigquery, {
      extract: { sourceTable: tableReference(table), destinationUris, destinationFormat },
    });
    return (await cloud.storage.bucket("bucket").file(`${table}.out`).download())[0];
  };
  for (const format of ["CSV", "NEWLINE_DELIMITED_JSON", "PARQUET"]) {
    expect((await extracted("narrow", format)).equals(await extracted("wide", format))).toBe(true);
  }
});

const finer = "0.123456789";
const change = (set: string) => `${set}; SELECT * FROM d.changed ORDER BY id, amount`;

test.each([
  `INSERT INTO d.changed (id, amount) VALUES (9, ${finer})`,
  `UPDATE d.changed SET amount = amount * 1.001, rate = 12345.6 WHERE id <> 4`,
  `UPDATE d.changed c SET amount = n.amount / 7 FROM d.narrow n WHERE n.id = c.id AND n.id <> 4`,
  `MERGE d.changed c USING d.narrow n ON c.id = n.id WHEN MATCHED AND c.id = 1 THEN UPDATE SET amount = ${finer} WHEN MATCHED AND c.id = 2 THEN DELETE`,
  `DELETE FROM d.changed WHERE amount > 12.339`,
  `TRUNCATE TABLE d.changed`,
  `ALTER TABLE d.changed DROP COLUMN rate; ALTER TABLE d.changed ADD COLUMN rate NUMERIC; INSERT INTO d.changed (id, rate) VALUES (9, ${finer})`,
  `ALTER TABLE d.changed RENAME COLUMN amount TO x, RENAME COLUMN rate TO amount; UPDATE d.changed SET amount = ${finer} WHERE true`,
  `BEGIN TRANSACTION; UPDATE d.changed SET amount = ${finer} WHERE id = 1; INSERT INTO d.changed (id, amount) SELECT 7, SUM(amount) / 3 FROM d.changed; COMMIT TRANSACTION`,
  `BEGIN TRANSACTION; UPDATE d.changed SET amount = ${finer} WHERE id = 1; ROLLBACK TRANSACTION`,
  `CREATE OR REPLACE TABLE d.copied COPY d.changed; UPDATE d.copied SET amount = ${finer} WHERE id = 1; INSERT INTO d.changed SELECT * FROM d.copied WHERE id = 1`,
])("what does not fit into its digits is stored whole: %s", async (statements) => {
  await loadRows("changed");
  const narrow = await answer(change(statements));
  await cloud.bigquery.query("CREATE OR REPLACE TABLE d.changed AS SELECT * FROM d.wide");
  expect(narrow).toEqual(await answer(change(statements)));
  expect(Array.isArray(narrow), String(narrow)).toBe(true);
});

test("rows that are added by a load or by a stream may have more digits", async () => {
  await putRows(
    "more.parquet",
    `SELECT ${columns.replace("DECIMAL(10,2)", "DECIMAL(20,9)")} ${rows.replace("12.34", finer)} WHERE id = 1`,
  );
  const loaded = await loadRows("added");
  const job = await files.load("added", "more.parquet", {
    sourceFormat: "PARQUET",
    writeDisposition: "WRITE_APPEND",
  });
  expect(loaded.statistics.load.outputRows).toBe("6");
  expect(job.statistics.load.outputRows).toBe("1");
  const [{ numBytes }] = await cloud.bigquery.dataset("d").table("added").getMetadata();
  const [before, after] = [loaded, job].map((each) => Number(each.statistics.load.outputBytes));
  expect((before ?? 0) + (after ?? 0)).toBe(Number(numBytes));
  await loadRows("streamed");
  await cloud.bigquery
    .dataset("d")
    .table("streamed")
    .insert([{ id: 1, amount: finer }]);
  for (const table of ["added", "streamed"]) {
    const [[row]] = await cloud.bigquery.query(
      `SELECT CAST(SUM(amount) AS STRING) s, CAST(MIN(amount) AS STRING) m FROM d.${table} WHERE id = 1`,
    );
    expect(row).toEqual({ s: "12.463456789", m: finer });
  }
});

test("files whose decimals differ are one table, and wildcards and views go over them", async () => {
  await putRows("both-1.parquet");
  await putRows(
    "both-2.parquet",
    `SELECT ${columns.replace("DECIMAL(10,2)", "DECIMAL(15,5)")} ${rows.replace("12.34", "0.12345")} WHERE id = 1`,
  );
  await files.load("both", "both-*.parquet", { sourceFormat: "PARQUET" });
  expect(
    await answer("SELECT CAST(amount AS STRING) v FROM d.both WHERE id = 1 ORDER BY 1"),
  ).toEqual([{ v: "0.12345" }, { v: "12.34" }]);
  await loadRows("part_1");
  await cloud.bigquery.query(
    "CREATE TABLE d.part_2 AS SELECT * REPLACE (NUMERIC '0.000000001' AS amount) FROM d.wide WHERE id = 1",
  );
  expect(
    await answer("SELECT CAST(SUM(amount * rate) AS STRING) v FROM `d.part_*` WHERE id = 1"),
  ).toEqual([{ v: "0.617" }]);
  await cloud.bigquery.query("CREATE VIEW d.seen AS SELECT id, amount * rate AS v FROM d.narrow");
  expect(await answer("SELECT CAST(SUM(v) AS STRING) v FROM d.seen WHERE id < 3")).toEqual([
    { v: "-33329999.379667" },
  ]);
});
