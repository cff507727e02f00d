import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WarehouseError } from "../../server/embedded/warehouse/contract.ts";
import { createDuckCatalog, type DuckCatalog } from "../support/duck-catalog.ts";

let duck: DuckCatalog;

beforeAll(async () => {
  duck = await createDuckCatalog();
  const schema = [
    { name: "id", type: "INTEGER", mode: "NULLABLE" as const },
    { name: "carrier", type: "STRING", mode: "NULLABLE" as const },
    { name: "delay", type: "FLOAT", mode: "NULLABLE" as const },
    { name: "day", type: "DATE", mode: "NULLABLE" as const },
    { name: "tags", type: "INTEGER", mode: "REPEATED" as const },
  ];
  for (const suffix of ["20010105", "20010207"]) {
    await duck.connection.run(
      `CREATE TABLE "d.flights_${suffix}" AS SELECT * FROM (VALUES
        (1::BIGINT, 'AA', 10.5::DOUBLE, DATE '2001-01-05', [1::BIGINT, 2]),
        (2, 'BB', NULL, DATE '2001-02-05', []),
        (3, 'AA', -3.25, DATE '2001-01-07', [3])) t(id, carrier, delay, day, tags)`,
    );
    duck.addTable("d", `flights_${suffix}`, schema, {
      partitioning: { type: "DAY", field: "day" },
    });
  }
  duck.addTable("d", "carriers", schema.slice(1, 2), {
    type: "VIEW",
    viewQuery: "SELECT DISTINCT carrier FROM `p.d.flights_20010105`",
  });
});

afterAll(() => duck.close());

const rows = async (sql: string) => (await duck.run(sql)).rows;
const failure = (sql: string) =>
  duck.run(sql).then(
    () => null,
    (error: unknown) => error,
  );

describe("a query over catalogued tables", () => {
  it("reads a wildcard's shards, with what the star stands for", async () => {
    expect(
      await rows(
        "SELECT _TABLE_SUFFIX AS s, COUNT(*) AS n FROM `p.d.flights_2001*` WHERE _TABLE_SUFFIX > '0106' GROUP BY s",
      ),
    ).toEqual([["0207", "3"]]);
  });

  it("reads one partition by its decorator", async () => {
    expect(await rows("SELECT id FROM `d.flights_20010105$20010107`")).toEqual([["3"]]);
  });

  it("reads a view through its query and names both as referenced", async () => {
    const { referencedTables, statements } = await duck.compile("SELECT carrier FROM d.carriers");
    expect(referencedTables.map((t) => t.tableId)).toEqual(["carriers", "flights_20010105"]);
    expect(statements[0]?.reads).toEqual([
      {
        table: { projectId: "p", datasetId: "d", tableId: "flights_20010105" },
        columns: ["carrier"],
      },
    ]);
  });

  it("counts only the columns that reach the result as read", async () => {
    const { statements } = await duck.compile(
      "WITH a AS (SELECT * FROM d.flights_20010105) SELECT id FROM a WHERE delay > 0",
    );
    expect(statements[0]?.reads[0]?.columns?.toSorted()).toEqual(["delay", "id"]);
  });

  it("sees in a later statement the table that an earlier one makes", async () => {
    expect(
      await rows(
        "CREATE TABLE d.made AS SELECT 1 AS x, [1, 2] AS list; SELECT x, y FROM d.made, UNNEST(list) AS y ORDER BY y",
      ),
    ).toEqual([
      ["1", "1"],
      ["1", "2"],
    ]);
  });
});

describe("a query that BigQuery refuses", () => {
  it.each([
    [
      "SELECT * FORM d.flights_20010105",
      'Syntax error: Expected end of input but got identifier "FORM" at [1:10]',
    ],
    [
      "SELECT crrier FROM d.flights_20010105",
      "Unrecognized name: crrier; Did you mean carrier? at [1:8]",
    ],
    ["SELECT 1\nFROM d.nope", "Not found: Table p:d.nope was not found in location US"],
    ["SELECT 1 FROM nope", 'Table "nope" must be qualified with a dataset (e.g. dataset.table).'],
    [
      "SELECT id FROM d.flights_20010105 GROUP BY carrier",
      "SELECT list expression references column id which is neither grouped nor aggregated at [1:8]",
    ],
    ["SELECT 1/0", "division by zero: 1 / 0"],
    ["SELECT 9223372036854775807 + 1", "int64 overflow: 9223372036854775807 + 1"],
  ])("%s", async (sql, message) => {
    expect(await failure(sql)).toMatchObject({ name: "WarehouseError", message });
  });
});

describe("SQL of DuckDB's own", () => {
  it.each([
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM `a.csv`",
    "SELECT getenv('HOME')",
    "SELECT * FROM duckdb_settings()",
    "SELECT current_setting('threads')",
    "SELECT list_transform([1], x -> x)",
    "SELECT 1::INT64",
    "SELECT {'a': 1}",
    "COPY d.t TO '/tmp/x'",
    "ATTACH '/tmp/x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA version",
    "SET threads = 1",
    "SELECT * EXCLUDE (a) FROM d.flights_20010105",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM information_schema.tables",
  ])("%s is refused", async (sql) => {
    expect(await failure(sql)).toBeInstanceOf(WarehouseError);
  });
});
