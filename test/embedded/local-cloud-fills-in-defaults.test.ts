import type { Query } from "@google-cloud/bigquery";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loading, schema } from "./support/loading.ts";
import {
  queryRows,
  runJob,
  startTestCloud,
  type TestCloud,
  tableMetadata,
  tableReference,
} from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const query = (sql: string) => queryRows(cloud, sql);
const metadata = (table: string) => tableMetadata(cloud, table);

test("columns that no one names have their DEFAULT, a new one in each row", async () => {
  await query(`CREATE TABLE d.tasks (id INT64, state STRING DEFAULT 'new' NOT NULL, made_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP(),
    token STRING DEFAULT GENERATE_UUID(), price NUMERIC DEFAULT -1, tags ARRAY<STRING> DEFAULT ['a', "b"], note STRING)`);
  await query("INSERT d.tasks (id) VALUES (1), (2)");
  await query("INSERT INTO d.tasks (id, state) SELECT 3, 'old' UNION ALL SELECT 4, 'older'");
  await query("INSERT d.tasks (id, state, price) VALUES (5, DEFAULT, DEFAULT)");
  await query(`MERGE d.tasks t USING (SELECT 1 AS id UNION ALL SELECT 6) s ON t.id = s.id
    WHEN MATCHED THEN UPDATE SET note = 'met', price = DEFAULT WHEN NOT MATCHED THEN INSERT (id, tags) VALUES (id, DEFAULT)`);
  expect(
    await query(
      "SELECT id, state, price = -1 AS p, ARRAY_TO_STRING(tags, ',') AS t, note, made_at IS NULL AS n FROM d.tasks ORDER BY id",
    ),
  ).toEqual(
    [1, 2, 3, 4, 5, 6].map((id) => ({
      id,
      state: { 3: "old", 4: "older" }[id] ?? "new",
      p: true,
      t: "a,b",
      note: id === 1 ? "met" : null,
      n: false,
    })),
  );
  expect(await query("SELECT COUNT(DISTINCT token) AS n FROM d.tasks")).toEqual([{ n: 6 }]);
  await query(
    "ALTER TABLE d.tasks ALTER COLUMN price SET DEFAULT 2, ALTER COLUMN note DROP DEFAULT",
  );
  await query("ALTER TABLE d.tasks ALTER COLUMN tags DROP DEFAULT");
  await query("CREATE TABLE d.more_tasks LIKE d.tasks");
  await query("INSERT d.more_tasks (id) VALUES (7)");
  await query("UPDATE d.more_tasks SET note = DEFAULT, state = DEFAULT WHERE true");
  expect(
    await query("SELECT price = 2 AS p, ARRAY_LENGTH(tags) AS t, state FROM d.more_tasks"),
  ).toEqual([{ p: true, t: 0, state: "new" }]);
  expect(
    await query(
      "SELECT column_name AS c, column_default AS v FROM d.INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'more_tasks' AND column_default != 'NULL' ORDER BY 1",
    ),
  ).toEqual([
    { c: "made_at", v: "CURRENT_TIMESTAMP()" },
    { c: "price", v: "2" },
    { c: "state", v: "'new'" },
    { c: "token", v: "GENERATE_UUID()" },
  ]);
});

test("a DEFAULT that does not fit, or that is not heeded everywhere, is refused", async () => {
  for (const [sql, said] of [
    ["CREATE TABLE d.unfit (a INT64 DEFAULT 'x')", "Default value of type STRING"],
    ["CREATE TABLE d.unfit (a INT64 DEFAULT (SELECT 1))", "DEFAULT of anything but"],
    ["CREATE TABLE d.unfit (a INT64, b INT64 DEFAULT a)", "DEFAULT of anything but"],
    ["CREATE TABLE d.fit (a INT64, b INT64 DEFAULT 7)", null],
    ["ALTER TABLE d.fit ADD COLUMN c INT64 DEFAULT 1", "ADD COLUMN with DEFAULT"],
    ["ALTER TABLE d.fit ALTER COLUMN b SET DEFAULT 'x'", "Default value of type STRING"],
    ["ALTER TABLE d.fit ALTER COLUMN b SET DATA TYPE NUMERIC", "of a column with DEFAULT"],
    ["INSERT d.fit (a) VALUES (1, DEFAULT)", "wrong column count"],
    [
      "MERGE d.fit USING (SELECT 1 AS x) ON false WHEN NOT MATCHED THEN INSERT (a) VALUES (1, DEFAULT)",
      "wrong column count",
    ],
  ] as const) {
    if (said === null) await query(sql);
    else await expect(query(sql), sql).rejects.toThrow(said);
  }
  const destination = cloud.bigquery.dataset("d").table("fit");
  const into = (options: Query) => cloud.bigquery.query({ destination, ...options });
  for (const refused of [
    { query: "SELECT 3 AS a, 4 AS b", writeDisposition: "WRITE_TRUNCATE" },
    { query: "SELECT 3 AS a, 4 AS b", writeDisposition: "WRITE_APPEND", useLegacySql: true },
  ]) {
    await expect(into(refused)).rejects.toThrow("column b has a DEFAULT value");
  }
  await query("CREATE TABLE d.narrower AS SELECT 1 AS a");
  await expect(
    cloud.bigquery
      .dataset("d")
      .table("narrower")
      .copy(destination, { writeDisposition: "WRITE_APPEND" }),
  ).rejects.toThrow("column b has a DEFAULT value");
  const field = (defaultValueExpression: string) => ({
    schema: { fields: [{ name: "a", type: "INTEGER", defaultValueExpression }] },
  });
  await cloud.bigquery.dataset("d").createTable("given", field("42"));
  await expect(
    cloud.bigquery.dataset("d").createTable("other", field("1), b INT64 DEFAULT (2")),
  ).rejects.toThrow(/Syntax error|Invalid default value expression/);
  await query("INSERT d.given (a) VALUES (DEFAULT)");
  expect(await query("SELECT a FROM d.given")).toEqual([{ a: 42 }]);
  await cloud.bigquery.dataset("d").table("given").setMetadata(field("43"));
  expect(await metadata("given")).toMatchObject(field("43"));
});

test("rows streamed without a column have its DEFAULT, and a NULL of theirs stays", async () => {
  await query(
    "CREATE TABLE d.sent (a STRING, b STRING DEFAULT 'new', c INT64 DEFAULT 3 NOT NULL, d ARRAY<STRING> DEFAULT ['x'], e STRING DEFAULT GENERATE_UUID())",
  );
  const table = cloud.bigquery.dataset("d").table("sent");
  await table.insert([{ a: "1", b: "b", d: [] }, { a: "2", b: null, c: 4 }, {}]);
  await expect(table.insert([{ a: "3", c: null }])).rejects.toThrow();
  expect(await query("SELECT a, b, c, ARRAY_LENGTH(d) AS d FROM d.sent ORDER BY a")).toEqual([
    { a: null, b: "new", c: 3, d: 1 },
    { a: "1", b: "b", c: 3, d: 0 },
    { a: "2", b: null, c: 4, d: 1 },
  ]);
  expect(await query("SELECT COUNT(DISTINCT e) AS n FROM d.sent")).toEqual([{ n: 3 }]);
});

test("rows that jobs add without a column have its DEFAULT, and a NULL of theirs stays", async () => {
  const { put, load } = loading(cloud);
  await query(
    "CREATE TABLE d.added (a STRING, b STRING DEFAULT 'new', since TIMESTAMP DEFAULT CURRENT_TIMESTAMP(), e STRING DEFAULT GENERATE_UUID())",
  );
  const append = { writeDisposition: "WRITE_APPEND" };
  const destination = cloud.bigquery.dataset("d").table("added");
  const text = "SELECT 'q1' AS a UNION ALL SELECT 'q2'";
  await cloud.bigquery.query({ query: text, destination, ...append });
  await query("CREATE TABLE d.source AS SELECT 'p' AS a, CAST(NULL AS STRING) AS b");
  await runJob(cloud.bigquery, {
    extract: {
      sourceTable: tableReference("source"),
      destinationUri: "gs://bucket/p.parquet",
      destinationFormat: "PARQUET",
    },
  });
  const [a, both] = [schema(["a", "STRING"]), schema(["a", "STRING"], ["b", "STRING"])];
  const json = { ...append, sourceFormat: "NEWLINE_DELIMITED_JSON" };
  await put("c1.csv", "c1\nc2\n");
  await put("c3.csv", "c3,\n");
  await put("j.json", '{"a": "j1"}\n{"a": "j2", "b": "b"}\n');
  await put("detected.json", '{"a": "text"}\n');
  await load("added", "c1.csv", { ...append, schema: a });
  await load("added", "c3.csv", { ...append, schema: both });
  await load("added", "j.json", { ...json, schema: both });
  await load("added", "detected.json", { ...json, autodetect: true });
  await load("added", "p.parquet", { ...append, sourceFormat: "PARQUET" });
  await expect(load("added", "j.json", json)).rejects.toThrow("name the columns in the job's");
  await expect(
    load("added", "p.parquet", { ...append, sourceFormat: "PARQUET", schema: a }),
  ).rejects.toThrow("leave the schema out");
  const rows = await query(
    "SELECT a, b FROM d.added WHERE since IS NOT NULL AND e IS NOT NULL ORDER BY a",
  );
  expect(rows).toEqual([
    { a: "c1", b: "new" },
    { a: "c2", b: "new" },
    { a: "c3", b: null },
    { a: "j1", b: null },
    { a: "j2", b: "b" },
    { a: "p", b: null },
    { a: "q1", b: "new" },
    { a: "q2", b: "new" },
    { a: "text", b: "new" },
  ]);
  expect(await query("SELECT COUNT(DISTINCT e) AS n FROM d.added")).toEqual([{ n: 9 }]);
});

test("an array that nobody names is empty, in new and in old rows", async () => {
  await query("CREATE TABLE d.lists (id INT64, a ARRAY<INT64>)");
  await query("INSERT d.lists (id) VALUES (1)");
  await query(
    "MERGE d.lists USING (SELECT 2 AS x) ON false WHEN NOT MATCHED THEN INSERT (id) VALUES (x)",
  );
  await query("ALTER TABLE d.lists ADD COLUMN b ARRAY<STRUCT<c STRING>>");
  const destination = cloud.bigquery.dataset("d").table("lists");
  await cloud.bigquery.query({
    query: "SELECT 3 AS id",
    destination,
    writeDisposition: "WRITE_APPEND",
  });
  expect(
    await query("SELECT id, ARRAY_LENGTH(a) AS a, ARRAY_LENGTH(b) AS b FROM d.lists ORDER BY id"),
  ).toEqual([1, 2, 3].map((id) => ({ id, a: 0, b: 0 })));
});
