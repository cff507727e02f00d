import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WarehouseError } from "../../server/embedded/warehouse/contract.ts";
import { createDuckCatalog, type DuckCatalog } from "../support/duck-catalog.ts";
import { rejection, startTestCloud, type TestCloud } from "./support/local-cloud.ts";

let duck: DuckCatalog;

beforeAll(async () => {
  duck = await createDuckCatalog();
  await duck.connection.run('CREATE TABLE "d.t" (a BIGINT); INSERT INTO "d.t" VALUES (1)');
  await duck.connection.run("CREATE TABLE secrets (a BIGINT); CREATE SEQUENCE numbers");
  await duck.connection.run("CREATE SCHEMA meta; CREATE TABLE meta.catalog (a BIGINT)");
  duck.addTable("d", "t", [{ name: "a", type: "INTEGER", mode: "NULLABLE" }]);
});

afterAll(() => duck.close());

/** Names of DuckDB's own, of our own behind the tables, and texts that would break out of quotes. */
const names = [
  "duckdb_tables",
  "duckdb_settings",
  "pragma_database_list",
  "information_schema.tables",
  "information_schema.schemata",
  "main.secrets",
  "main.duckdb_tables",
  "memory.main.secrets",
  "temp.information_schema.tables",
  "pg_catalog.pg_tables",
  "sqlite_master",
  "secrets",
  "numbers",
  "meta.catalog",
  "data.t_1_1",
  "`d.t`.a",
  '`d.t" UNION SELECT * FROM secrets --`',
  "`d.t; DROP TABLE secrets`",
  "`'/etc/passwd'`",
  "`/etc/passwd`",
  "`d.t.csv`",
  "`file://etc/passwd`",
  "`https://example.com/a.parquet`",
  "`s3://bucket/key`",
  "other.d.t",
  "other.d.INFORMATION_SCHEMA.TABLES",
  "`region-us`.INFORMATION_SCHEMA.NOPE",
];

const calls = [
  "read_csv('/etc/passwd')",
  "read_text('/etc/passwd')",
  "read_blob('/etc/passwd')",
  "read_json('/etc/passwd')",
  "read_parquet('/etc/passwd')",
  "parquet_metadata('/x')",
  "glob('/*')",
  "duckdb_tables()",
  "duckdb_secrets()",
  "pragma_table_info('secrets')",
  "pragma_version()",
  "query('SELECT * FROM secrets')",
  "query_table('secrets')",
  "getenv('HOME')",
  "current_setting('threads')",
  "currval('numbers')",
  "nextval('numbers')",
  "sql_auto_complete('SEL')",
  "which_secret('a', 'b')",
  "maestro_json_member('{}', '[]')",
  "error('x')",
  "eval('1')",
  "write_log('x')",
  "sniff_csv('/etc/passwd')",
  "load_aws_credentials()",
  "test_all_types()",
  "range(10)",
  "unnest([1])",
  "struct_pack(a := 1)",
  "main.getenv('HOME')",
  "SAFE.getenv('HOME')",
];

const statements = [
  "ATTACH '/tmp/x.db' AS x",
  "DETACH memory",
  "COPY d.t TO '/tmp/x.csv'",
  "COPY d.t FROM '/etc/passwd'",
  "EXPORT DATABASE '/tmp/x'",
  "IMPORT DATABASE '/tmp/x'",
  "INSTALL httpfs",
  "LOAD httpfs",
  "PRAGMA version",
  "SET threads = 1",
  "RESET threads",
  "CALL pragma_version()",
  "CHECKPOINT",
  "VACUUM",
  "USE main",
  "DESCRIBE d.t",
  "SHOW TABLES",
  "SUMMARIZE d.t",
  "CREATE SECRET s (TYPE s3)",
  "CREATE MACRO m(a) AS a",
  "CREATE SEQUENCE s",
  "CREATE TYPE t AS ENUM ('a')",
  "DROP TABLE secrets",
  "DELETE FROM secrets WHERE TRUE",
  "INSERT INTO main.secrets VALUES (1)",
  "UPDATE memory.main.secrets SET a = 1 WHERE TRUE",
  "TRUNCATE TABLE secrets",
  "CREATE TABLE d.x AS FROM '/etc/passwd'",
  "FROM '/etc/passwd'",
  "SELECT * FROM '/etc/passwd'",
  "SELECT rowid FROM d.t",
  "SELECT d.t.rowid FROM d.t",
  "SELECT columns(*) FROM d.t",
  "SELECT * EXCLUDE (a) FROM d.t",
  "SELECT * LIKE 'a%' FROM d.t",
  "SELECT a::VARCHAR FROM d.t",
  "SELECT $1",
  "SELECT #1 FROM d.t",
  "SELECT x -> x FROM d.t",
  "SELECT a FROM d.t POSITIONAL JOIN secrets",
  "SELECT a FROM d.t ASOF JOIN secrets USING (a)",
  "SELECT a FROM d.t, LATERAL (SELECT * FROM secrets)",
  "EXECUTE IMMEDIATE 'SELECT * FROM secrets'",
];

async function failure(sql: string): Promise<unknown> {
  return duck.run(sql).then(
    (answer) => ({ answer }),
    (error: unknown) => error,
  );
}

describe("users' SQL", () => {
  it.each(names)("reads no table called %s", async (name) => {
    expect(await failure(`SELECT * FROM ${name}`)).toBeInstanceOf(WarehouseError);
    expect(await failure(`SELECT (SELECT COUNT(*) FROM ${name}) AS n`)).toBeInstanceOf(
      WarehouseError,
    );
    expect(await failure(`DELETE FROM ${name} WHERE TRUE`)).toBeInstanceOf(WarehouseError);
  });

  it.each(calls)("calls no %s", async (call) => {
    expect(await failure(`SELECT ${call}`)).toBeInstanceOf(WarehouseError);
    if (call !== "unnest([1])") {
      expect(await failure(`SELECT * FROM ${call}`)).toBeInstanceOf(WarehouseError);
    }
  });

  it.each(statements)("does not %s", async (sql) => {
    expect(await failure(sql)).toBeInstanceOf(WarehouseError);
  });

  it("keeps what is quoted a name or a text, whatever is in it", async () => {
    const odd = `x"; DROP TABLE secrets; --'`;
    const { rows } = await duck.run(
      `SELECT a AS \`b c\`, ${JSON.stringify(odd)} AS text FROM d.t WHERE ${JSON.stringify(odd)} != 'y'`,
    );
    expect(rows).toEqual([["1", odd]]);
    const left = await duck.connection.runAndReadAll("SELECT count(*) FROM secrets");
    expect(left.getRowsJson()).toEqual([["0"]]);
  });
});

describe("a project", () => {
  let cloud: TestCloud;

  beforeAll(async () => {
    cloud = await startTestCloud();
    const root = `${cloud.url}/bigquery/v2/projects/neighbour`;
    const post = (path: string, body: unknown) =>
      fetch(`${root}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    await post("/datasets", { datasetReference: { projectId: "neighbour", datasetId: "hers" } });
    await post("/datasets/hers/tables", {
      tableReference: { projectId: "neighbour", datasetId: "hers", tableId: "t" },
      schema: { fields: [{ name: "a", type: "INTEGER" }] },
    });
  });
  afterAll(() => cloud.stop());

  it.each([
    "SELECT * FROM neighbour.hers.t",
    "SELECT * FROM `neighbour.hers.*`",
    "SELECT * FROM neighbour.hers.INFORMATION_SCHEMA.TABLES",
    "SELECT * FROM neighbour.`region-us`.INFORMATION_SCHEMA.JOBS",
    "INSERT neighbour.hers.t VALUES (1)",
    "CREATE TABLE neighbour.hers.u (a INT64)",
    "CREATE TABLE d.mine CLONE neighbour.hers.t",
    "DROP TABLE neighbour.hers.t",
    "ALTER TABLE neighbour.hers.t DROP COLUMN a",
    "CREATE SCHEMA neighbour.more",
    "DROP SCHEMA neighbour.hers",
    "CREATE VIEW d.v AS SELECT * FROM neighbour.hers.t",
  ])("does not reach its neighbour by %s", async (query) => {
    const error = await rejection(cloud.bigquery.query({ query }));
    expect(error.message).toMatch(/Not found: Dataset neighbour:/);
  });
});
