import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printSelect } from "../../../server/domain/primitive-select.ts";
import { validateImportQuery } from "../../../server/services/transfers/validate-import-query.ts";
import { createSourceDatabase, type SourceDatabase } from "../../connectors/support.ts";
import { hostile } from "./hostile-sql.ts";

const read = (query: string, others: { importTable?: string; idColumn?: string } = {}) =>
  validateImportQuery({ query, importTable: "", idColumn: null, ...others }, "postgres");
const print = (query: string) => {
  const { select } = read(query);
  return printSelect(select, "postgres", { schema: "public", name: select.table.name }, null);
};

test.each(hostile.map(([sql, named]) => [sql.slice(0, 80), sql, named] as const))(
  "refuses %s",
  (_shown, sql, named) => {
    let message = "";
    try {
      read(sql);
    } catch (error) {
      expect(error).toMatchObject({ name: "MaestroError" });
      message = String((error as Error).message);
    }
    expect(message).toMatch(named);
  },
);

test("there are more than a hundred of them", () => {
  expect(hostile.length).toBeGreaterThan(150);
});

test("a refusal has its place", () => {
  expect(() => read("select a,\n  pg_sleep(1) from t")).toThrow(
    expect.objectContaining({ code: "invalidSql", position: { line: 2, column: 3 } }),
  );
  expect(() => read("select a from t\nwhere a ~~~ 1")).toThrow(
    expect.objectContaining({ code: "invalidSql", position: { line: 2, column: 11 } }),
  );
});

test("names the table, from the query or from importTable in the source's own case", () => {
  expect(read("select a from Shop.Orders o").table).toBe("shop.orders");
  expect(read('select a from "Shop"."Or""ders"').table).toBe('Shop.Or"ders');
  expect(read("", { importTable: "Shop.Orders" }).table).toBe("Shop.Orders");
  expect(read(" ", { importTable: '"a.b"."c"' }).table).toBe("a.b.c");
  expect(() => read("", { importTable: "a.b.c" })).toThrow(/names no table/);
  expect(() => read("", { importTable: "pg_catalog.pg_authid" })).toThrow(/system table/);
  expect(() => read("select a from t limit 5", { idColumn: "id" })).toThrow(/LIMIT/);
});

test("an injected name or text stays a name or a text", () => {
  expect(print(`select '''; drop table t; --' as "x""; drop table t; --" from t`)).toBe(
    `SELECT '''; drop table t; --' AS "x""; drop table t; --" FROM "public"."t" AS "t"`,
  );
  expect(print("select a from t where name='\\'' union select b from u -- '")).toContain(
    `("t"."name" = '\\'' union select b from u -- ')`,
  );
  expect(print(`select a from "t"" as x; drop table u; --" where a = '\\'`)).toBe(
    `SELECT "t"" as x; drop table u; --"."a" FROM "public"."t"" as x; drop table u; --" AS "t"" as x; drop table u; --" WHERE ("t"" as x; drop table u; --"."a" = '\\')`,
  );
  expect(
    printSelect(
      read("", { importTable: "t" }).select,
      "postgres",
      { schema: 'pub"lic', name: "t" },
      { column: 'i"d', above: "-5", upTo: "7" },
    ),
  ).toBe(`SELECT "t".* FROM "pub""lic"."t" AS "t" WHERE "t"."i""d" > (-5) AND "t"."i""d" <= (7)`);
  expect(() =>
    printSelect(
      read("", { importTable: "t" }).select,
      "postgres",
      { schema: "public", name: "t" },
      { column: "id", above: "1 or true", upTo: "7" },
    ),
  ).toThrow(/whole number/);
});

describe("what is printed means what was written", () => {
  let source: SourceDatabase;
  beforeAll(async () => {
    source = await createSourceDatabase();
    await source.query(`create table t (id bigint, a int, b int, n numeric, s text, j jsonb, d timestamptz, tags text[], f boolean);
      insert into t values
        (1, 5, 2, 1.5, 'it''s \\ a "q" %_', '{"x": {"y": [1, "two"]}, "k": null}', '2024-02-29 23:30:00+00', '{a,b}', true),
        (2, -5, null, 12345678901234567890.123, '', '[]', '1999-12-31 00:00:00+05', '{}', false),
        (9007199254740993, 0, 7, 0, null, null, null, null, null)`);
  });
  afterAll(() => source.drop());

  const fair = [
    "select * from t",
    "select *, a + 1 as more from public.t as x where x.a > -1",
    "select t.*, upper(s) u from t where t.id = 9007199254740993 or id = 1",
    "select a - b as x, a + b * 2 as y, (a + b) * 2 as z, -a * b as w, a % 3 as m, a / 2 as q from t",
    "select not f as x, not a = b as y, f or a > 0 and b > 0 as z from t",
    "select a from t where not f and a = 5 or s is null",
    "select (a = b) = f as x, (a < 3) = true as y from t",
    "select n, 0.10 as tenth, 12345678901234567890.123456789 as long, .5 as half, -7 as minus from t",
    "select a in (1, 5, -5) as i, b not in (2) as o, a between -5 and 0 as w, a not between 1 and 2 as v from t",
    "select s like 'it%' as l, s not like '%z' as m, s ilike 'IT%' as i, s || '\\' || 'x' as c from t",
    "select 'a\\nb' as plain, 'x''y' as q, '' as e from t",
    "select j -> 'x' -> 'y' ->> 1 as one, j ->> 'k' as k, j #>> '{x,y,0}' as p, j @> '{\"k\": null}' as c, j ? 'k' as h from t",
    "select tags[1] as first, array_length(tags, 1) as n, array[a, b] as ab, cardinality(tags) c from t",
    "select d::date as day, date_trunc('month', d) as m, extract(year from d) as y, d at time zone 'Asia/Tokyo' as tz, d + interval '1 day 2 hours' as later from t",
    "select date '2024-01-01' as x, timestamp '2024-01-01 10:00' as y, timestamptz '2024-01-01 10:00+02' as z, interval '3 days' as i from t",
    "select cast(a as text), a::numeric(10, 2) as n2, s::varchar(2) as s2, s::char as s1, n::double precision as dp, tags::text as tt, a::text::int as ii from t",
    "select case when a > 0 then 'plus' when a < 0 then 'minus' else null end as sign, case a when 5 then 1 else 0 end as five from t",
    "select coalesce(b, 0) as b0, nullif(s, '') as s0, greatest(a, b) as g, least(a, 0) as l from t",
    "select substring(s from 1 for 2) as a1, substring(s, 2) as a2, substring(s from 'i.') as a3, trim(s) as a4, replace(s, 'q', '\\\\') as a5, left(s, 2) as a6 from t",
    "select round(n, 1) as r, abs(a) as b1, mod(a, 3) as m, power(2, 3) as p, trunc(n) as t1, ceil(n) as c from t",
    "select a is null as x, b is not null as y, f is true as z, f is not false as w from t",
    "select md5(s) as m, encode(convert_to(s, 'UTF8'), 'hex') as h, octet_length(s) as o, to_char(d, 'YYYY-MM') as c from t",
    "select to_jsonb(tags) as t1, to_json(a) as t2, jsonb_typeof(j) as t3, array_to_string(tags, '|') as t4 from t",
    "select a from t where s = 'it''s \\ a \"q\" %_' -- a comment; drop table t",
    "select a /* in /* nested */ out */ from t",
    "select a from t where a = any(array[5, 7])",
    "select (a, b) = (5, 2) as pair from t",
    "select id from t where id >= 1 limit 2",
    'select "a" as "A B", a AS SmallCase from "t"',
  ];

  test.each(fair)("%s", async (sql) => {
    const printed = print(sql);
    const run = async (text: string) => {
      try {
        return await source.query(`select to_jsonb(q)::text as row from (${text}) q`);
      } catch (error) {
        return (error as Error).message;
      }
    };
    const mine = await run(printed);
    expect(mine).toBeInstanceOf(Array);
    const theirs = await run(`${sql}\n`);
    expect(mine).toEqual(theirs);
  });
});
