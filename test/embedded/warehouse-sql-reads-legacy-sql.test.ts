import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDuckCatalog, type DuckCatalog } from "../support/duck-catalog.ts";

let duck: DuckCatalog;

const columns = [
  { name: "id", type: "INTEGER", mode: "NULLABLE" as const },
  { name: "name", type: "STRING", mode: "NULLABLE" as const },
  { name: "seen", type: "TIMESTAMP", mode: "NULLABLE" as const },
];

beforeAll(async () => {
  duck = await createDuckCatalog();
  for (const [i, day] of ["20240101", "20240103", "20240105"].entries()) {
    await duck.connection.run(
      `CREATE TABLE "d.log_${day}" (id BIGINT, name VARCHAR, seen TIMESTAMPTZ);
       INSERT INTO "d.log_${day}" VALUES (${i + 1}, 'n${i + 1}', TIMESTAMPTZ '2024-01-0${2 * i + 1} 10:20:30+00')`,
    );
    duck.addTable("d", `log_${day}`, columns);
  }
  duck.addTable("d", "other", columns.slice(0, 2));
  duck.addTable("d", "nested", [{ name: "tags", type: "STRING", mode: "REPEATED" }]);
  duck.addTable("d", "shown", columns, { type: "VIEW", viewQuery: "SELECT 1 AS id" });
});

afterAll(() => duck.close());

const ask = async (sql: string) => (await duck.run(sql, [], true)).rows;

describe("legacy SQL", () => {
  it("reads names in brackets, and leaves texts and comments alone", async () => {
    expect(
      await ask(
        "SELECT id, '[p:d.x]' AS text FROM [p:d.log_20240101] -- from [nowhere]\nWHERE name = 'n1' // done",
      ),
    ).toEqual([["1", "[p:d.x]"]]);
    expect(await ask("SELECT COUNT(*) FROM [d.log_20240101]")).toEqual([["1"]]);
  });

  it("unites what stands between commas", async () => {
    expect(
      await ask(
        "SELECT SUM(id) AS s, COUNT(*) AS n FROM [d.log_20240101], [d.log_20240103], [d.log_20240105]",
      ),
    ).toEqual([["6", "3"]]);
  });

  it("finds the days of TABLE_DATE_RANGE that there are", async () => {
    expect(
      await ask(
        "SELECT id FROM TABLE_DATE_RANGE([p:d.log_], TIMESTAMP('2024-01-02'), TIMESTAMP('2024-01-05')) ORDER BY id",
      ),
    ).toEqual([["2"], ["3"]]);
    await expect(
      ask(
        "SELECT id FROM TABLE_DATE_RANGE([p:d.log_], TIMESTAMP('2025-01-02'), TIMESTAMP('2025-01-05'))",
      ),
    ).rejects.toThrow("matches no table");
  });

  it("knows the functions that mean the same, and parts of a TIMESTAMP", async () => {
    expect(
      await ask(
        "SELECT UPPER(name) AS u, YEAR(seen) AS y, MINUTE(seen) AS m, REGEXP_MATCH(name, '^n') AS r, IF(id = 1, 'a', 'b') AS i FROM [d.log_20240101]",
      ),
    ).toEqual([["N1", "2024", "20", true, "a"]]);
    expect(
      await ask(
        "SELECT name, COUNT(id) AS n FROM (SELECT name, id FROM [d.log_20240101]) GROUP EACH BY name HAVING n > 0",
      ),
    ).toEqual([["n1", "1"]]);
    expect(
      await ask(
        "SELECT a.name AS name FROM [d.log_20240101] AS a JOIN EACH [d.log_20240101] AS b ON a.id = b.id",
      ),
    ).toEqual([["n1"]]);
  });

  it.each([
    ["SELECT COUNT(DISTINCT id) FROM [d.log_20240101]", "approximate"],
    ["SELECT id FROM [d.log_20240101@0]", "table decorator"],
    ["SELECT id FROM [d.log_20240101@-7200000--3600000]", "table decorator"],
    ["SELECT id FROM [d.log_20240101@1@2]", "table decorator"],
    ["SELECT id FROM TABLE_QUERY([d], 'TRUE')", "not supported"],
    ["SELECT tags FROM [d.nested]", "REPEATED"],
    ["SELECT id FROM [d.shown]", "views"],
    ["SELECT id FROM [d.log_20240101], [d.other]", "different columns"],
    ["SELECT a.id FROM [d.log_20240101] AS a", "qualified column"],
    ["SELECT id / 2 FROM [d.log_20240101]", "operator /"],
    ["SELECT id % 2 FROM [d.log_20240101]", "not supported"],
    ["SELECT name CONTAINS 'n' FROM [d.log_20240101]", "not supported"],
    ["SELECT INTEGER(name) FROM [d.log_20240101]", "function INTEGER"],
    ["SELECT DATE(seen) FROM [d.log_20240101]", "function DATE"],
    ["SELECT NTH(1, id) FROM [d.log_20240101]", "function NTH"],
    ["SELECT ROW_NUMBER() OVER () FROM [d.log_20240101]", "ROW_NUMBER"],
    ["SELECT id FROM FLATTEN([d.nested], tags)", "not supported"],
    ["SELECT COUNT(id) WITHIN RECORD FROM [d.log_20240101]", "not supported"],
    ["SELECT id FROM [d.log_20240101] UNION ALL SELECT 1", "set operations"],
    ["SELECT DISTINCT id FROM [d.log_20240101]", "DISTINCT"],
    ["SELECT 'a\\n'", "escapes"],
    ["SELECT CAST(id AS STRING) FROM [d.log_20240101]", "not supported"],
    ["DELETE FROM [d.log_20240101] WHERE TRUE", "not supported"],
    ["SELECT 1; SELECT 2", "not supported"],
  ])("%s is refused by name", async (sql, name) => {
    await expect(ask(sql)).rejects.toMatchObject({
      reason: "notImplemented",
      message: expect.stringContaining(name),
    });
  });
});
