import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDuckCatalog, type DuckCatalog } from "../support/duck-catalog.ts";

let duck: DuckCatalog;

beforeAll(async () => {
  duck = await createDuckCatalog();
  await duck.connection.run(
    `CREATE TABLE "shop.orders" (id BIGINT, amount BIGINT, note VARCHAR);
     INSERT INTO "shop.orders" VALUES (1, 10, 'a'), (2, 20, 'b')`,
  );
  duck.addTable("shop", "orders", [
    { name: "id", type: "INTEGER", mode: "NULLABLE" },
    { name: "amount", type: "INTEGER", mode: "NULLABLE" },
    { name: "note", type: "STRING", mode: "NULLABLE" },
  ]);
});

afterAll(() => duck.close());

describe("pipe syntax", () => {
  it("reads only the columns that the last operator's answer needs", async () => {
    const { statements } = await duck.compile(
      "FROM shop.orders |> EXTEND amount * 2 AS more |> WHERE id > 1 |> SELECT more",
    );
    expect(statements[0]?.reads[0]?.columns?.toSorted()).toEqual(["amount", "id"]);
  });

  it("stands where a query stands: in a view, an INSERT, a table", async () => {
    const { statements } = await duck.compile(
      "CREATE TABLE shop.big AS FROM shop.orders |> WHERE amount > 10; INSERT shop.orders (id) FROM shop.big |> SELECT id; CREATE VIEW shop.v AS FROM shop.orders |> AGGREGATE SUM(amount) AS total",
    );
    expect(statements.map((statement) => statement.statementType)).toEqual([
      "CREATE_TABLE_AS_SELECT",
      "INSERT",
      "CREATE_VIEW",
    ]);
    expect(statements[2]).toMatchObject({ viewQuery: expect.stringMatching(/^FROM .* AS total$/) });
  });

  it.each([
    ["FROM shop.orders |> WHERE nope = 1", "Unrecognized name: nope; Did you mean note? at [1:27]"],
    ["FROM shop.orders |> AS t |> SELECT orders.id", "Unrecognized name: orders at [1:36]"],
    ["FROM shop.orders |> AGGREGATE COUNT(*) AS n |> SELECT id", "Unrecognized name: id at [1:55]"],
    ["FROM shop.orders |> AGGREGATE id", "at [1:31]"],
    ["FROM shop.orders |> SELECT SUM(id)", "Aggregate functions are not allowed"],
    ["FROM shop.orders |> WHERE SUM(id) > 1", "Aggregate function SUM not allowed in WHERE clause"],
    ["FROM shop.orders |> SET id = 1, id = 2", "Column id occurs twice in pipe SET at [1:33]"],
    ["FROM shop.orders |> FOO", 'Syntax error: Unexpected identifier "FOO" at [1:21]'],
    ["FROM shop.orders |> UNION ALL (SELECT 1)", "mismatched column count"],
  ])("%s fails as it would in BigQuery", async (sql, message) => {
    await expect(duck.compile(sql)).rejects.toMatchObject({
      reason: "invalidQuery",
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ["FROM shop.orders |> TABLESAMPLE SYSTEM (1 PERCENT)", "TABLESAMPLE"],
    ["FROM shop.orders |> CALL f(1)", "CALL"],
    ["FROM shop.orders |> MATCH_RECOGNIZE (ORDER BY id)", "MATCH_RECOGNIZE"],
    ["FROM shop.orders |> UNION ALL BY NAME (SELECT 1 AS id)", "BY NAME"],
    ["FROM shop.orders |> AGGREGATE COUNT(*) AS n GROUP BY ROLLUP (id)", "ROLLUP"],
    ["FROM shop.orders |> ASSERT id > 0", "ASSERT"],
  ])("%s is refused by name", async (sql, name) => {
    await expect(duck.compile(sql)).rejects.toMatchObject({
      reason: "notImplemented",
      message: expect.stringContaining(name),
    });
  });
});
