import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDuckCatalog, type DuckCatalog } from "../support/duck-catalog.ts";

let duck: DuckCatalog;

beforeEach(async () => {
  duck = await createDuckCatalog();
  const columns = [
    { name: "id", type: "INTEGER", mode: "NULLABLE" as const },
    { name: "name", type: "STRING", mode: "NULLABLE" as const },
    { name: "amount", type: "FLOAT", mode: "NULLABLE" as const },
  ];
  for (const table of ["stock", "news"]) {
    await duck.connection.run(`CREATE TABLE "d.${table}" (id BIGINT, name VARCHAR, amount DOUBLE)`);
    duck.addTable("d", table, columns);
  }
  await duck.run("INSERT INTO d.stock VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', NULL)");
  await duck.run("INSERT d.news (id, name) SELECT id + 1, UPPER(name) FROM d.stock WHERE id < 3");
});

afterEach(() => duck.close());

const stock = async () =>
  (await duck.run("SELECT id, name, amount FROM d.stock ORDER BY id, name")).rows;

describe("a statement that changes rows", () => {
  it("inserts rows and the answer of a query, converted to the columns' types", async () => {
    expect(await stock()).toEqual([
      ["1", "a", 1],
      ["2", "b", 2],
      ["3", "c", null],
    ]);
    expect((await duck.run("SELECT * FROM d.news ORDER BY id")).rows).toEqual([
      ["2", "A", null],
      ["3", "B", null],
    ]);
  });

  it("updates by a condition and from another table", async () => {
    await duck.run(
      "UPDATE d.stock SET amount = amount * 10, name = CONCAT(name, '!') WHERE id < 3",
    );
    await duck.run("UPDATE d.stock s SET name = n.name FROM d.news n WHERE s.id = n.id");
    expect(await stock()).toEqual([
      ["1", "a!", 10],
      ["2", "A", 20],
      ["3", "B", null],
    ]);
  });

  it("fails where an update matches a row twice, and changes nothing", async () => {
    await duck.run("INSERT d.news VALUES (2, 'again', NULL)");
    await expect(
      duck.run("UPDATE d.stock s SET name = n.name FROM d.news n WHERE s.id = n.id"),
    ).rejects.toThrow("UPDATE/MERGE must match at most one source row for each target row");
    expect((await stock())[1]).toEqual(["2", "b", 2]);
  });

  it("stores no array with a NULL in it", async () => {
    const columns = [{ name: "list", type: "INTEGER", mode: "REPEATED" as const }];
    await duck.connection.run('CREATE TABLE "d.lists" (list BIGINT[])');
    duck.addTable("d", "lists", columns);
    await duck.run("INSERT d.lists VALUES ([1]), (NULL)");
    const said = "Array cannot have a null element; error in writing field list";
    for (const sql of [
      "INSERT d.lists SELECT ARRAY_AGG(x) FROM UNNEST([1, NULL]) AS x",
      "UPDATE d.lists SET list = [NULL] WHERE true",
      "MERGE d.lists USING (SELECT 1 AS a) ON false WHEN NOT MATCHED THEN INSERT VALUES ([a, NULL])",
    ]) {
      await expect(duck.run(sql), sql).rejects.toThrow(said);
    }
    const { rows } = await duck.run("SELECT ARRAY_LENGTH(list) AS n FROM d.lists ORDER BY n");
    expect(rows).toEqual([["0"], ["1"]]);
  });

  it("deletes by a condition and by a subquery", async () => {
    await duck.run("DELETE FROM d.stock WHERE id IN (SELECT id FROM d.news WHERE name = 'A')");
    await duck.run("DELETE d.stock WHERE amount IS NULL");
    expect(await stock()).toEqual([["1", "a", 1]]);
    await duck.run("TRUNCATE TABLE d.stock");
    expect(await stock()).toEqual([]);
  });

  it("merges: updates, inserts and deletes", async () => {
    await duck.run("INSERT d.news VALUES (9, 'new', 9.5)");
    await duck.run(`
      MERGE d.stock AS t USING (SELECT id, name, amount FROM d.news) AS s ON t.id = s.id
      WHEN MATCHED AND s.name = 'B' THEN DELETE
      WHEN MATCHED THEN UPDATE SET name = s.name, amount = 0
      WHEN NOT MATCHED THEN INSERT (id, name, amount) VALUES (id, name, amount)
      WHEN NOT MATCHED BY SOURCE AND t.id = 1 THEN UPDATE SET name = 'gone'`);
    expect(await stock()).toEqual([
      ["1", "gone", 1],
      ["2", "A", 0],
      ["9", "new", 9.5],
    ]);
  });

  it("replaces a whole table by MERGE ON FALSE", async () => {
    await duck.run(
      "MERGE INTO d.stock t USING d.news s ON FALSE WHEN NOT MATCHED THEN INSERT ROW WHEN NOT MATCHED BY SOURCE THEN DELETE",
    );
    expect(await stock()).toEqual([
      ["2", "A", null],
      ["3", "B", null],
    ]);
  });

  it("fails where a merge matches a row twice, and changes nothing", async () => {
    await duck.run("INSERT d.news VALUES (2, 'again', NULL)");
    await expect(
      duck.run(
        "MERGE d.stock t USING d.news s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = s.name",
      ),
    ).rejects.toThrow("must match at most one source row");
    expect((await stock())[1]).toEqual(["2", "b", 2]);
  });

  it.each([
    ["UPDATE d.stock SET name = 'x'", "UPDATE must have a WHERE clause at [1:1]"],
    ["DELETE FROM d.stock", "DELETE must have a WHERE clause at [1:1]"],
    [
      "INSERT d.stock (id) VALUES ('x')",
      "which cannot be inserted into column id, which has type INT64",
    ],
    ["INSERT d.stock (id, nope) VALUES (1, 2)", "Column nope is not present in table p.d.stock"],
    ["INSERT d.stock (id) VALUES (1, 2)", "wrong column count"],
    ["UPDATE d.stock SET amount = 'x' WHERE TRUE", "which has type FLOAT64"],
    [
      "MERGE d.stock t USING d.news s ON t.id = s.id WHEN MATCHED THEN INSERT ROW",
      "INSERT is not allowed",
    ],
  ])("refuses %s", async (sql, message) => {
    await expect(duck.run(sql)).rejects.toThrow(message);
  });
});
