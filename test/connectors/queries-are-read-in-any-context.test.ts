import { afterAll, expect, test } from "vitest";
import { createSqlParser } from "../../server/connectors/sql-parser.ts";
import { referenceCases } from "../domain/table-references/cases.ts";

const parser = createSqlParser();
afterAll(() => parser.close());

/** Every place in which BigQuery takes a query, and the tables that the place itself reads. */
const contexts: Record<string, { wrap: (query: string) => string; reads: string[] }> = {
  "a derived table": { wrap: (q) => `SELECT * FROM (\n${q}\n) AS zz`, reads: [] },
  "a derived table beside another": {
    wrap: (q) => `SELECT * FROM zz.one AS z1 JOIN (\n${q}\n) AS z2 ON z1.i = z2.i, zz.two z3`,
    reads: ["zz.one", "zz.two"],
  },
  "a with clause": { wrap: (q) => `WITH zz AS (\n${q}\n) SELECT * FROM zz`, reads: [] },
  "the second query of a with clause": {
    wrap: (q) => `WITH zz AS (SELECT * FROM zz.one), zy AS (\n${q}\n) SELECT * FROM zz, zy`,
    reads: ["zz.one"],
  },
  "a scalar subquery": {
    wrap: (q) => `SELECT (\n${q}\n) AS z FROM zz.one AS z1`,
    reads: ["zz.one"],
  },
  "an array": { wrap: (q) => `SELECT ARRAY(\n${q}\n) FROM zz.one AS z1`, reads: ["zz.one"] },
  "a condition": {
    wrap: (q) => `SELECT 1 FROM zz.one AS z1 WHERE z1.i IN (\n${q}\n) AND z1.x > 1`,
    reads: ["zz.one"],
  },
  "a join condition": {
    wrap: (q) => `SELECT 1 FROM zz.one z1 JOIN zz.two z2 ON EXISTS (\n${q}\n), zz.three z3`,
    reads: ["zz.one", "zz.three", "zz.two"],
  },
  "one side of a union": {
    wrap: (q) => `SELECT 1 FROM zz.one UNION ALL (\n${q}\n) UNION ALL SELECT 2 FROM zz.two`,
    reads: ["zz.one", "zz.two"],
  },
  unnest: {
    wrap: (q) => `SELECT 1 FROM zz.one AS z1, UNNEST(ARRAY(\n${q}\n)) AS z2`,
    reads: ["zz.one"],
  },
  "create table as": { wrap: (q) => `CREATE OR REPLACE TABLE zz.t AS\n${q}`, reads: [] },
  "create view": { wrap: (q) => `CREATE VIEW zz.v AS (\n${q}\n)`, reads: [] },
  insert: { wrap: (q) => `INSERT INTO zz.t (z1, z2)\n${q}`, reads: [] },
  merge: {
    wrap: (q) =>
      `MERGE zz.t AS z1 USING (\n${q}\n) AS z2 ON z1.i = z2.i WHEN MATCHED THEN UPDATE SET x = 1, y = 2`,
    reads: [],
  },
  "a table function": {
    wrap: (q) => `SELECT * FROM zz.f((\n${q}\n), TABLE zz.one) AS z1`,
    reads: ["zz.one"],
  },
  "a variable": {
    wrap: (q) => `DECLARE z INT64 DEFAULT (\n${q}\n); SELECT z FROM zz.one`,
    reads: ["zz.one"],
  },
};

const queries = referenceCases.filter(
  ({ legacy, sql }) =>
    !legacy && !sql.includes(";") && /^\s*\(*\s*(select|with)\b/i.test(sql) && !sql.includes("|>"),
);

test("there are queries to wrap", () => {
  expect(queries.length).toBeGreaterThan(150);
});

test.each(Object.entries(contexts))("%s", async (_name, { wrap, reads }) => {
  for (const { name, sql, sources } of queries) {
    const wrapped = wrap(sql);
    const { ast, scanner } = await parser.references(wrapped, { legacySql: false });
    const expected = [...new Set([...sources, ...reads])].sort();
    expect(scanner, `scanner, ${name}: ${wrapped}`).toEqual(expected);
    if (ast !== null && !isMisread(name, sql))
      expect(ast, `AST, ${name}: ${wrapped}`).toEqual(expected);
  }
});

/**
 * What the parser itself gets wrong: nested block comments, `\r` as a newline, WITH recursive, and
 * a WITH clause right within the parentheses of another query.
 */
function isMisread(name: string, sql: string): boolean {
  return (
    /block comments do not nest|carriage return|named recursive/.test(name) || /^\s*\(/.test(sql)
  );
}
