import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLegacySql } from "../../server/embedded/warehouse/dialect.ts";
import { createDuckCatalog, type DuckCatalog } from "../support/duck-catalog.ts";

let duck: DuckCatalog;

beforeAll(async () => {
  duck = await createDuckCatalog();
  const columns = [
    { name: "id", type: "INTEGER", mode: "NULLABLE" as const },
    { name: "note", type: "STRING", mode: "NULLABLE" as const },
  ];
  duck.addTable("d", "t", columns);
  duck.addTable("d", "events_1", columns);
  duck.addTable("w", "part_1", columns);
  duck.addTable("w", "part_view", columns, { type: "VIEW", viewQuery: "SELECT 1 AS id" });
  duck.addTable("d", "shown", columns, { type: "VIEW", viewQuery: "SELECT 1 AS id" });
  duck.addTable("d", "kept", columns, { isSnapshot: true });
});

afterAll(() => duck.close());

describe("statements that change rows", () => {
  it.each([
    ["INSERT d.t VALUES (1)", "Inserted row has wrong column count; Has 1, expected 2 at [1:19]"],
    [
      "INSERT d.t VALUES (1, 'a'), (2)",
      "Inserted row has wrong column count; Has 1, expected 2 at [1:29]",
    ],
    ["INSERT d.t SELECT 1", "Inserted row has wrong column count; Has 1, expected 2 at [1:12]"],
    [
      "INSERT d.t (id) VALUES ('a')",
      "Value has type STRING which cannot be inserted into column id, which has type INT64 at [1:25]",
    ],
    [
      "INSERT d.t (note, id) SELECT 'a', CONCAT('b')",
      "Query column 2 has type STRING which cannot be inserted into column id, which has type INT64 at [1:23]",
    ],
    ["INSERT d.t (nope) VALUES (1)", "Column nope is not present in table p.d.t at [1:13]"],
    ["INSERT d.t (id, ID) VALUES (1, 2)", "INSERT has columns with duplicate name: ID at [1:17]"],
    ["UPDATE d.t SET id = 1", "UPDATE must have a WHERE clause at [1:1]"],
    ["UPDATE d.t SET nope = 1 WHERE TRUE", "Unrecognized name: nope; Did you mean note? at [1:16]"],
    [
      "UPDATE d.t SET id = 'a' WHERE TRUE",
      "Value of type STRING cannot be assigned to id, which has type INT64 at [1:21]",
    ],
    [
      "UPDATE d.t SET id = 1 WHERE id",
      "WHERE clause should return type BOOL, but returns INT64 at [1:29]",
    ],
    ["DELETE FROM d.t", "DELETE must have a WHERE clause at [1:1]"],
    ["DELETE d.t WHERE nope", "Unrecognized name: nope; Did you mean note? at [1:18]"],
    ["DELETE d.t WHERE COUNT(*) > 1", "Aggregate function COUNT(*) not allowed in WHERE clause"],
    ["INSERT d.nope (a) VALUES (1)", "Not found: Table p:d.nope was not found in location US"],
    ["INSERT nope.t (a) VALUES (1)", "Not found: Dataset p:nope was not found in location US"],
    ["INSERT t (a) VALUES (1)", 'Table "t" must be qualified with a dataset (e.g. dataset.table).'],
    ["DELETE d.shown WHERE TRUE", "Cannot modify the view d.shown"],
    ["DELETE d.kept WHERE TRUE", "Cannot modify the table snapshot d.kept"],
    [
      "CREATE TABLE d.made AS SELECT 1 AS a, 2",
      "CREATE TABLE columns must be named, but column 2 has no name at [1:24]",
    ],
    [
      "CREATE VIEW d.made AS SELECT COUNT(*) FROM d.t",
      "CREATE VIEW columns must be named, but column 1 has no name at [1:23]",
    ],
    [
      "CREATE TABLE d.made (a INT64 GENERATED ALWAYS AS (1))",
      "not supported by the local warehouse: columns that are GENERATED",
    ],
    [
      "INSERT d.t SELECT * FROM EXTERNAL_QUERY('c', 'select 1')",
      "not supported by the local warehouse: table function EXTERNAL_QUERY",
    ],
  ])("%s", async (sql, message) => {
    await expect(duck.compile(sql)).rejects.toThrow(message);
  });
});

describe("wildcards", () => {
  it("do not pass over a view", async () => {
    await expect(duck.compile("SELECT id FROM `w.part_*`")).rejects.toThrow(
      "Views cannot be queried through prefix. Matched views are: p:w.part_view",
    );
    await expect(duck.compile("SELECT id FROM `d.nope_*`")).rejects.toThrow(
      "p:d.nope_* does not match any table.",
    );
    await expect(duck.compile("SELECT _TABLE_SUFFIX FROM `d.events_*`")).resolves.toMatchObject({
      statements: [{ schema: [{ name: "_TABLE_SUFFIX", type: "STRING" }] }],
    });
  });
});

describe("the dialect of a query", () => {
  it.each([
    ["SELECT 1", undefined, true],
    ["SELECT 1", false, false],
    ["#standardSQL\nSELECT 1", undefined, false],
    ["#standardSQL\nSELECT 1", true, false],
    ["\n  #LegacySQL \nSELECT 1", false, true],
    ["# legacySQL is not meant\nSELECT 1", false, false],
  ])("%j with useLegacySql %s", (sql, useLegacySql, legacy) => {
    expect(isLegacySql(sql, useLegacySql)).toBe(legacy);
  });
});
