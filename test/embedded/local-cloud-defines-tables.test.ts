import { afterAll, beforeAll, expect, test } from "vitest";
import {
  queryRows,
  rejection,
  startTestCloud,
  type TestCloud,
  tableMetadata,
  until,
} from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const query = (sql: string) => queryRows(cloud, sql);
const metadata = (table: string) => tableMetadata(cloud, table);

test("ALTER TABLE changes columns, names, options and keys, and says what it cannot", async () => {
  await query(
    "CREATE TABLE d.people (id INT64 NOT NULL PRIMARY KEY NOT ENFORCED, name STRING OPTIONS(description = 'full'), age INT64)",
  );
  await query("INSERT d.people VALUES (1, 'Ann', 40)");
  await query("ALTER TABLE d.people ADD COLUMN city STRING, ADD COLUMN IF NOT EXISTS age INT64");
  await query("ALTER TABLE d.people RENAME COLUMN name TO full_name");
  await query("ALTER TABLE d.people ALTER COLUMN age SET DATA TYPE NUMERIC");
  await query("ALTER TABLE d.people ALTER COLUMN id DROP NOT NULL");
  await query("ALTER TABLE d.people ADD COLUMN wide INT64, ADD COLUMN exact NUMERIC");
  await query(
    "UPDATE d.people SET wide = 9007199254740993, exact = 9007199254740993.000000001 WHERE true",
  );
  await query("ALTER TABLE d.people ALTER COLUMN wide SET DATA TYPE BIGNUMERIC");
  await query("ALTER TABLE d.people ALTER COLUMN exact SET DATA TYPE FLOAT64");
  expect(
    await query("SELECT CAST(wide AS STRING) AS w, CAST(exact AS INT64) AS e FROM d.people"),
  ).toEqual([{ w: "9007199254740993", e: 9007199254740994 }]);
  await query("ALTER TABLE d.people DROP COLUMN wide, DROP COLUMN exact");
  await query("ALTER TABLE d.people SET OPTIONS (description = 'who', labels = [('team', 'a')])");
  await query("ALTER TABLE d.people RENAME TO persons");
  expect(await query("SELECT * FROM d.persons")).toEqual([
    { id: 1, full_name: "Ann", age: expect.objectContaining({}), city: null },
  ]);
  const found = await metadata("persons");
  expect(found).toMatchObject({
    description: "who",
    labels: { team: "a" },
    tableConstraints: { primaryKey: { columns: ["id"] } },
    schema: {
      fields: [
        { name: "id", mode: "NULLABLE" },
        { name: "full_name", description: "full" },
        { name: "age", type: "NUMERIC" },
        { name: "city", type: "STRING" },
      ],
    },
  });
  await query("ALTER TABLE d.persons DROP COLUMN city, DROP COLUMN IF EXISTS nothing");
  expect(Object.keys((await query("SELECT * FROM d.persons"))[0] ?? {})).toEqual([
    "id",
    "full_name",
    "age",
  ]);
  await expect(query("ALTER TABLE d.persons DROP COLUMN nothing")).rejects.toThrow(
    "Column not found: nothing",
  );
  await expect(query("ALTER TABLE d.persons ADD COLUMN id INT64")).rejects.toThrow(
    "Column already exists: id",
  );
  await expect(
    query("ALTER TABLE d.persons ALTER COLUMN full_name SET DATA TYPE INT64"),
  ).rejects.toThrow("is assignable to the new type");
  await expect(query("ALTER TABLE d.nobody ADD COLUMN a INT64")).rejects.toThrow("Not found");
  await query("ALTER TABLE IF EXISTS d.nobody ADD COLUMN a INT64");
});

test("LIKE, COPY, CLONE and SNAPSHOT make tables of a table, partitions and all", async () => {
  await query("CREATE TABLE d.events (n INT64) PARTITION BY _PARTITIONDATE");
  await query(
    "INSERT d.events (_PARTITIONTIME, n) VALUES (TIMESTAMP '2024-01-02 00:00:00+00', 1), (TIMESTAMP '2024-01-03 00:00:00+00', 2)",
  );
  await query("CREATE TABLE d.events_like LIKE d.events");
  await query("CREATE TABLE d.events_copy COPY d.events");
  await query("CREATE TABLE d.events_clone CLONE d.events");
  await query("CREATE SNAPSHOT TABLE d.events_then CLONE d.events OPTIONS (description = 'then')");
  await query("INSERT d.events (n) VALUES (3)");
  expect(await query("SELECT COUNT(*) AS n FROM d.events_like")).toEqual([{ n: 0 }]);
  for (const name of ["events_copy", "events_clone", "events_then"]) {
    const rows = await query(
      `SELECT CAST(_PARTITIONDATE AS STRING) AS day, n FROM d.${name} ORDER BY n`,
    );
    expect(rows).toEqual([
      { day: "2024-01-02", n: 1 },
      { day: "2024-01-03", n: 2 },
    ]);
  }
  expect(await metadata("events_then")).toMatchObject({
    type: "SNAPSHOT",
    description: "then",
    snapshotDefinition: { baseTableReference: { tableId: "events" } },
  });
  expect(await metadata("events_clone")).toMatchObject({
    type: "TABLE",
    cloneDefinition: { baseTableReference: { tableId: "events" } },
  });
  await expect(query("INSERT d.events_then (n) VALUES (4)")).rejects.toThrow("snapshot");
  await expect(query("DROP TABLE d.events_then")).rejects.toThrow("has type SNAPSHOT");
  await query("DROP SNAPSHOT TABLE d.events_then");
});

test("a materialized view answers as a view does, and is called by its name", async () => {
  await query("CREATE TABLE d.sales AS SELECT 1 AS shop, 10 AS amount UNION ALL SELECT 1, 5");
  await query(
    "CREATE MATERIALIZED VIEW d.totals OPTIONS (description = 'sums') AS SELECT shop, SUM(amount) AS total FROM d.sales GROUP BY shop",
  );
  await query("INSERT d.sales VALUES (2, 7)");
  expect(await query("SELECT * FROM d.totals ORDER BY shop")).toEqual([
    { shop: 1, total: 15 },
    { shop: 2, total: 7 },
  ]);
  expect(await metadata("totals")).toMatchObject({
    type: "MATERIALIZED_VIEW",
    materializedView: { query: expect.stringContaining("SUM(amount)") },
  });
  await expect(query("DROP VIEW d.totals")).rejects.toThrow("has type MATERIALIZED_VIEW");
  await query("DROP MATERIALIZED VIEW d.totals");
  await cloud.bigquery
    .dataset("d")
    .createTable("made", { materializedView: { query: "SELECT shop FROM d.sales" } } as never);
  expect(await metadata("made")).toMatchObject({ type: "MATERIALIZED_VIEW" });
  await query("CREATE VIEW d.named (place, money) AS SELECT shop, amount FROM d.sales");
  expect(await query("SELECT MAX(money) AS most FROM d.named WHERE place = 1")).toEqual([
    { most: 10 },
  ]);
});

test("a view answers by the names that its tables' columns have now", async () => {
  await query("CREATE TABLE d.moved AS SELECT 1 AS a, 2 AS b, 3 AS c");
  await query("CREATE VIEW d.all_of_it AS SELECT * FROM d.moved");
  await query("CREATE VIEW d.some_of_it (x, y) AS SELECT a, c FROM d.moved");
  await query(
    "CREATE VIEW d.computed AS SELECT b + c AS total, MIN(a) OVER () AS least FROM d.moved",
  );
  await query("ALTER TABLE d.moved DROP COLUMN a, ADD COLUMN d INT64");
  expect(await query("SELECT * FROM d.all_of_it")).toEqual([{ b: 2, c: 3, d: null }]);
  await expect(query("SELECT x FROM d.some_of_it")).rejects.toThrow("Unrecognized name: a");
  await query("CREATE OR REPLACE TABLE d.moved AS SELECT 30 AS c, 20 AS b, 10 AS a");
  expect(await query("SELECT a, b, c FROM d.all_of_it")).toEqual([{ a: 10, b: 20, c: 30 }]);
  expect(await query("SELECT x, y FROM d.some_of_it")).toEqual([{ x: 10, y: 30 }]);
  expect(await query("SELECT total, least FROM d.computed")).toEqual([{ total: 50, least: 10 }]);

  const named = cloud.bigquery.dataset("d").table("some_of_it");
  await named.setMetadata({ view: { query: "SELECT b, c FROM d.moved", useLegacySql: false } });
  expect(await query("SELECT * FROM d.some_of_it")).toEqual([{ b: 20, c: 30 }]);
});

/** An instant that the last change lies before, and the next one behind. */
async function instant(): Promise<string> {
  const [{ now } = {}] = await query("SELECT CAST(CURRENT_TIMESTAMP() AS STRING) AS now");
  await until(() => Date.now() > Date.parse(`${String(now).replace(" ", "T")}:00`) + 1);
  return `TIMESTAMP '${now}'`;
}

test("FOR SYSTEM_TIME AS OF reads what is and what was, and makes snapshots and clones of it", async () => {
  await query("CREATE TABLE d.kept AS SELECT 1 AS n");
  expect(await query("SELECT n FROM d.kept FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()")).toEqual([
    { n: 1 },
  ]);
  const past = "TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR)";
  await expect(query(`SELECT n FROM d.kept FOR SYSTEM_TIME AS OF ${past}`)).rejects.toThrow(
    "Invalid snapshot time",
  );
  const future = "TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR)";
  await expect(query(`SELECT n FROM d.kept FOR SYSTEM_TIME AS OF ${future}`)).rejects.toThrow(
    "Cannot read in the future",
  );
  const at = await instant();
  await query("INSERT d.kept VALUES (2)");
  await query("UPDATE d.kept SET n = n * 10 WHERE TRUE");
  expect(await query(`SELECT n FROM d.kept FOR SYSTEM_TIME AS OF ${at}`)).toEqual([{ n: 1 }]);
  await query(`CREATE SNAPSHOT TABLE d.shot CLONE d.kept FOR SYSTEM_TIME AS OF ${at}`);
  await query(`CREATE TABLE d.cloned CLONE d.kept FOR SYSTEM_TIME AS OF ${at}`);
  expect(await query("SELECT * FROM d.shot")).toEqual([{ n: 1 }]);
  await query("INSERT d.cloned VALUES (5)");
  expect(await query("SELECT SUM(n) AS n FROM d.cloned")).toEqual([{ n: 6 }]);
  await query(`CREATE OR REPLACE TABLE d.kept AS SELECT * FROM d.kept FOR SYSTEM_TIME AS OF ${at}`);
  expect(await query("SELECT * FROM d.kept")).toEqual([{ n: 1 }]);
});

test("a transaction reads what a table was before its own changes, and no state of its own", async () => {
  await query("CREATE TABLE d.mended AS SELECT n FROM UNNEST([1, 2, 3]) AS n");
  const at = await instant();
  await query("INSERT d.mended VALUES (4)");
  const asOf = `FOR SYSTEM_TIME AS OF ${at}`;
  const changes = ["TRUNCATE TABLE d.mended", "UPDATE d.mended SET n = -n WHERE TRUE"];
  for (const change of changes) {
    await query(
      `BEGIN TRANSACTION; ${change}; DELETE FROM d.mended WHERE TRUE; INSERT d.mended SELECT n FROM d.mended ${asOf}; COMMIT TRANSACTION`,
    );
    expect(await query("SELECT n FROM d.mended ORDER BY n")).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
  }
  const now = "FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()";
  await expect(
    query(
      `BEGIN TRANSACTION; INSERT d.mended VALUES (5); SELECT n FROM d.mended ${now}; COMMIT TRANSACTION`,
    ),
  ).rejects.toThrow("keeps no rows");
});

test("what a dropped table held is not answered by its successor", async () => {
  await query("CREATE TABLE d.again AS SELECT 1 AS n");
  const at = await instant();
  await query("DROP TABLE d.again");
  await query("CREATE TABLE d.again AS SELECT 2 AS n");
  await expect(query(`SELECT n FROM d.again FOR SYSTEM_TIME AS OF ${at}`)).rejects.toThrow(
    "Cannot read before",
  );
});

test("a state that is too large to be copied is not kept, and refused by name", async () => {
  await query(
    "CREATE TABLE d.large AS SELECT n FROM UNNEST(GENERATE_ARRAY(1, 4100)) AS n, UNNEST(GENERATE_ARRAY(1, 1000))",
  );
  const at = await instant();
  await query("UPDATE d.large SET n = 0 WHERE n = 1");
  await expect(query(`SELECT MAX(n) FROM d.large FOR SYSTEM_TIME AS OF ${at}`)).rejects.toThrow(
    "not supported by the local warehouse: FOR SYSTEM_TIME AS OF an instant of which test-project.d.large keeps no rows",
  );
});

test("a dataset's options are kept and its tables expire by them", async () => {
  await query(
    "CREATE SCHEMA short OPTIONS (location = 'US', default_table_expiration_days = 2, labels = [('a', 'b')])",
  );
  await query("ALTER SCHEMA short SET OPTIONS (description = 'soon gone')");
  const [found] = await cloud.bigquery.dataset("short").getMetadata();
  expect(found).toMatchObject({
    description: "soon gone",
    labels: { a: "b" },
    defaultTableExpirationMs: "172800000",
  });
  await query("CREATE TABLE short.t (a INT64)");
  const [table] = await cloud.bigquery.dataset("short").table("t").getMetadata();
  expect(Number(table.expirationTime)).toBeGreaterThan(Date.now());
});

test.each([
  ["CREATE ROW ACCESS POLICY p ON d.t GRANT TO ('a') FILTER USING (TRUE)", "ROW ACCESS POLICY"],
  ["CREATE TABLE d.no (a INT64) OPTIONS (kms_key_name = 'k')", "kms_key_name"],
  ["CREATE TABLE d.no (a INT64) OPTIONS (require_partition_filter = TRUE)", "require_partition"],
  ["CREATE MATERIALIZED VIEW d.no OPTIONS (enable_refresh = TRUE) AS SELECT 1 AS a", "enable_ref"],
])("%s is refused by name", async (sql, name) => {
  expect((await rejection(query(sql))).message).toContain(name);
});
