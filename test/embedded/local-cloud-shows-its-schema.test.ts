import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestCloud, type TestCloud } from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
  const statements = [
    "CREATE TABLE d.customers (id INT64 PRIMARY KEY NOT ENFORCED, name STRING)",
    `CREATE TABLE d.orders (
       id INT64, customer INT64 REFERENCES d.customers(id) NOT ENFORCED, day DATE,
       items ARRAY<STRUCT<sku STRING, price STRUCT<amount NUMERIC>>> OPTIONS (description = 'what'),
       PRIMARY KEY (id, day) NOT ENFORCED
     ) PARTITION BY day CLUSTER BY id
     OPTIONS (description = 'all "orders"', labels = [('team', 'shop')], partition_expiration_days = 40000)`,
    "INSERT d.orders (id, customer, day) VALUES (1, 1, DATE '2024-01-02'), (2, 1, DATE '2024-01-02'), (3, 1, NULL)",
    "CREATE VIEW d.shown AS SELECT id FROM d.orders",
    "CREATE MATERIALIZED VIEW d.summed AS SELECT COUNT(*) AS n FROM d.orders",
    "CREATE TABLE d.cloned CLONE d.customers",
    "CREATE SNAPSHOT TABLE d.kept CLONE d.customers",
  ];
  for (const sql of statements) await cloud.bigquery.query(sql);
});
afterAll(() => cloud.stop());

async function rows(sql: string): Promise<unknown[][]> {
  const [found] = await cloud.bigquery.query({ query: sql });
  return found.map((row: Record<string, unknown>) => Object.values(row));
}

test("TABLES tells the kinds of tables and what a copy was made of", async () => {
  expect(
    await rows(
      "SELECT table_name, table_type, is_insertable_into, base_table_name FROM d.INFORMATION_SCHEMA.TABLES ORDER BY table_name",
    ),
  ).toEqual([
    ["cloned", "CLONE", "YES", "customers"],
    ["customers", "BASE TABLE", "YES", null],
    ["kept", "SNAPSHOT", "NO", "customers"],
    ["orders", "BASE TABLE", "YES", null],
    ["shown", "VIEW", "NO", null],
    ["summed", "MATERIALIZED VIEW", "NO", null],
  ]);
  expect(await rows("SELECT table_name FROM d.INFORMATION_SCHEMA.VIEWS")).toEqual([["shown"]]);
  expect(
    await rows("SELECT table_name, last_refresh_time FROM d.INFORMATION_SCHEMA.MATERIALIZED_VIEWS"),
  ).toEqual([["summed", null]]);
});

test("COLUMNS and COLUMN_FIELD_PATHS name every column and every field in it", async () => {
  expect(
    await rows(
      "SELECT column_name, data_type, is_partitioning_column, clustering_ordinal_position FROM d.INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'orders' ORDER BY ordinal_position",
    ),
  ).toEqual([
    ["id", "INT64", "NO", 1],
    ["customer", "INT64", "NO", null],
    ["day", "DATE", "YES", null],
    ["items", "ARRAY<STRUCT<sku STRING, price STRUCT<amount NUMERIC>>>", "NO", null],
  ]);
  expect(
    await rows(
      "SELECT field_path, data_type, description FROM test-project.d.INFORMATION_SCHEMA.COLUMN_FIELD_PATHS WHERE table_name = 'orders' AND column_name = 'items' ORDER BY field_path",
    ),
  ).toEqual([
    ["items", "ARRAY<STRUCT<sku STRING, price STRUCT<amount NUMERIC>>>", "what"],
    ["items.price", "STRUCT<amount NUMERIC>", null],
    ["items.price.amount", "NUMERIC", null],
    ["items.sku", "STRING", null],
  ]);
});

test("TABLE_OPTIONS writes options as OPTIONS would", async () => {
  expect(
    await rows(
      "SELECT option_name, option_type, option_value FROM d.INFORMATION_SCHEMA.TABLE_OPTIONS WHERE table_name = 'orders' ORDER BY option_name",
    ),
  ).toEqual([
    ["description", "STRING", '"all \\"orders\\""'],
    ["labels", "ARRAY<STRUCT<STRING, STRING>>", '[STRUCT("team", "shop")]'],
    ["partition_expiration_days", "FLOAT64", "40000.0"],
  ]);
});

test("PARTITIONS, TABLE_STORAGE and __TABLES__ count rows and bytes", async () => {
  expect(
    await rows(
      "SELECT partition_id, total_rows, total_logical_bytes FROM d.INFORMATION_SCHEMA.PARTITIONS WHERE table_name = 'orders' ORDER BY partition_id",
    ),
  ).toEqual([
    ["20240102", 2, 48],
    ["__NULL__", 1, 16],
  ]);
  expect(
    await rows(
      "SELECT table_schema, total_rows, total_logical_bytes, deleted FROM `region-us`.INFORMATION_SCHEMA.TABLE_STORAGE WHERE table_name = 'orders'",
    ),
  ).toEqual([["d", 3, 64, false]]);
  expect(
    await rows(
      "SELECT table_id, row_count, size_bytes, type FROM d.__TABLES__ WHERE table_id IN ('orders', 'shown') ORDER BY table_id",
    ),
  ).toEqual([
    ["orders", 3, 64, 1],
    ["shown", null, null, 2],
  ]);
});

test("TABLE_CONSTRAINTS and KEY_COLUMN_USAGE show the keys", async () => {
  expect(
    await rows(
      "SELECT constraint_name, constraint_type, enforced FROM d.INFORMATION_SCHEMA.TABLE_CONSTRAINTS WHERE table_name = 'orders' ORDER BY 1",
    ),
  ).toEqual([
    ["orders.fk$1", "FOREIGN KEY", "NO"],
    ["orders.pk$", "PRIMARY KEY", "NO"],
  ]);
  expect(
    await rows(
      "SELECT constraint_name, column_name, ordinal_position FROM d.INFORMATION_SCHEMA.KEY_COLUMN_USAGE WHERE table_name = 'orders' ORDER BY 1, 3",
    ),
  ).toEqual([
    ["orders.fk$1", "customer", 1],
    ["orders.pk$", "id", 1],
    ["orders.pk$", "day", 2],
  ]);
});

test("SCHEMATA and the regional views see every dataset of the project and no other", async () => {
  expect(await rows("SELECT schema_name FROM INFORMATION_SCHEMA.SCHEMATA")).toEqual([["d"]]);
  expect(
    await rows("SELECT DISTINCT table_catalog FROM `region-us`.INFORMATION_SCHEMA.COLUMNS"),
  ).toEqual([["test-project"]]);
  await expect(rows("SELECT * FROM d.INFORMATION_SCHEMA.SEARCH_INDEXES")).rejects.toThrow(
    "not supported by the local warehouse: INFORMATION_SCHEMA.SEARCH_INDEXES",
  );
  await expect(rows("SELECT nope FROM d.INFORMATION_SCHEMA.TABLES")).rejects.toThrow(
    "Unrecognized name: nope",
  );
});
