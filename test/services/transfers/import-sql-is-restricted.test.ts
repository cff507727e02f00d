import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printSelect } from "../../../server/domain/primitive-select.ts";
import { validateImportQuery } from "../../../server/services/transfers/validate-import-query.ts";
import { createSourceDatabase, type SourceDatabase } from "../../connectors/support.ts";

const read = (query: string, others: { importTable?: string; idColumn?: string } = {}) =>
  validateImportQuery({ query, importTable: "", idColumn: null, ...others }, "postgres");
const print = (query: string) => {
  const { select } = read(query);
  return printSelect(select, "postgres", { schema: "public", name: select.table.name }, null);
};

/** Each with a word that the refusal must name; all but the last group parse as SQL. */
const hostile: [sql: string, named: RegExp][] = [
  // More than one statement, or another one
  ["select a from t; select 1", /second statement/],
  ["select a from t; drop table t", /second statement/],
  ["select a from t;;select b from t", /second statement|unexpected/],
  ["drop table t", /DROP|not allowed/],
  ["delete from t", /DELETE/],
  ["update t set a = 1", /UPDATE/],
  ["insert into t values (1)", /INSERT/],
  ["truncate table t", /TRUNCATE/],
  ["create table x (a int)", /CREATE/],
  ["create function f() returns int as $$ select 1 $$ language sql", /CREATE|unexpected/i],
  ["alter table t add column b int", /ALTER/],
  ["set statement_timeout = 0", /SET/],
  ["set standard_conforming_strings = off", /SET/],
  ["begin", /BEGIN/],
  ["commit", /COMMIT/],
  ["rollback", /ROLLBACK/],
  ["do $$ begin perform pg_sleep(10); end $$", /DO/],
  ["prepare p as select 1", /PREPARE/],
  ["deallocate all", /DEALLOCATE/],
  ["show all", /SHOW|unexpected/],
  ["values (1)", /VALUES/],
  // More than one table
  ["select a from t union select b from u", /UNION/],
  ["select a from t union all select usename from pg_shadow", /UNION ALL/],
  ["select a from t, u", /second table/],
  ["select a from t join u on true", /JOIN/],
  ["select a from t left join u using (a)", /JOIN/],
  ["select a from t cross join u", /JOIN/],
  ["with x as (select 1) select a from t", /WITH/],
  ["with recursive x(n) as (select 1 union all select n + 1 from x) select n from x", /WITH/],
  ["with d as (delete from t returning *) select * from d", /WITH/],
  ["select a from (select 1 as a) x", /subselect/],
  ["select a from (values (1)) as x(a)", /subselect/],
  ["select a from generate_series(1, 1000000000) a", /function in FROM/],
  ["select a from pg_read_file('/etc/passwd') a", /function in FROM/],
  ["select a from lateral f(1) x", /function in FROM/],
  ["select a from pg_ls_dir('.') a", /function in FROM/],
  ["select (select passwd from pg_shadow limit 1) from t", /subselect/],
  ["select a from t where exists (select 1 from u)", /subselect/],
  ["select a from t where a in (select b from u)", /subselect/],
  ["select a from t where a = any(select b from u)", /subselect/],
  ["select array(select b from u) from t", /subselect/],
  ["select a from t where (select pg_sleep(10)) is null", /subselect/],
  ["select a from t limit (select 1)", /LIMIT/],
  ["select case when exists (select 1) then a end from t", /subselect/],
  ["select coalesce(a, (select 1)) from t", /subselect/],
  // Clauses
  ["select a from t for update", /FOR UPDATE/],
  ["select a from t for share", /FOR/],
  ["select a from t for no key update nowait", /FOR UPDATE|unexpected/],
  ["select a from t for update skip locked", /FOR UPDATE/],
  ["select a from t order by a", /ORDER BY/],
  ["select a from t group by a", /GROUP BY/],
  ["select a from t group by a having true", /GROUP BY/],
  ["select distinct a from t", /DISTINCT/],
  ["select distinct on (a) a from t", /DISTINCT/],
  ["select a from t offset 5", /OFFSET/],
  ["select a from t limit 5 offset 5", /OFFSET/],
  ["select a from t limit 1 + 1", /LIMIT/],
  ["select a from t limit -1", /LIMIT/],
  ["select a from t limit pg_sleep(10)", /LIMIT|pg_sleep/],
  ["select a from t limit '5'", /LIMIT/],
  ["select a from t fetch first 3 rows only", /LIMIT/],
  ["select 1", /without FROM/],
  ["select pg_sleep(10)", /without FROM/],
  ["select a from t as x(y)", /columnNames/],
  // Functions
  ["select pg_sleep(10) from t", /pg_sleep/],
  ["select a from t where pg_sleep(10) is null", /pg_sleep/],
  ["select pg_catalog.pg_sleep(10) from t", /pg_sleep/],
  ["select public.lower(a) from t", /public\.lower/],
  ["select evil.f(a) from t", /evil\.f/],
  ["select pg_read_file('/etc/passwd') from t", /pg_read_file/],
  ["select pg_read_binary_file('/etc/passwd') from t", /pg_read_binary_file/],
  ["select pg_ls_dir('/') from t", /pg_ls_dir/],
  ["select pg_stat_file('x') from t", /pg_stat_file/],
  ["select lo_import('/etc/passwd') from t", /lo_import/],
  ["select lo_export(1, '/tmp/x') from t", /lo_export/],
  ["select lo_get(1) from t", /lo_get/],
  ["select set_config('statement_timeout', '0', false) from t", /set_config/],
  ["select current_setting('data_directory') from t", /current_setting/],
  ["select pg_terminate_backend(1) from t", /pg_terminate_backend/],
  ["select pg_cancel_backend(1) from t", /pg_cancel_backend/],
  ["select pg_reload_conf() from t", /pg_reload_conf/],
  ["select pg_advisory_lock(1) from t", /pg_advisory_lock/],
  ["select nextval('s') from t", /nextval/],
  ["select setval('s', 1) from t", /setval/],
  ["select txid_current() from t", /txid_current/],
  ["select pg_notify('maestro_changes', 'x') from t", /pg_notify/],
  ["select dblink('host=evil', 'select 1') from t", /dblink/],
  ["select dblink_connect('host=evil') from t", /dblink_connect/],
  ["select query_to_xml('select * from pg_shadow', true, true, '') from t", /query_to_xml/],
  ["select table_to_xml('pg_shadow', true, true, '') from t", /table_to_xml/],
  ["select database_to_xml(true, true, '') from t", /database_to_xml/],
  ["select xpath('/a', '<a/>') from t", /xpath/],
  ["select repeat('x', 1000000000) from t", /repeat/],
  ["select lpad('x', 1000000000) from t", /lpad/],
  ["select format('%1000000000s', a) from t", /format/],
  ["select generate_series(1, 1000000000) from t", /generate_series/],
  ["select unnest(a) from t", /unnest/],
  ["select regexp_split_to_table(a, ',') from t", /regexp_split_to_table/],
  ["select jsonb_array_elements(a) from t", /jsonb_array_elements/],
  ["select random() from t", /random/],
  ["select clock_timestamp() from t", /clock_timestamp/],
  ["select version() from t", /version/],
  ["select inet_server_addr() from t", /inet_server_addr/],
  ["select has_table_privilege('t', 'select') from t", /has_table_privilege/],
  ["select pg_get_viewdef(1) from t", /pg_get_viewdef/],
  ["select count(*) from t", /\* in an expression|count/],
  ["select sum(a) from t", /sum/],
  ["select max(a) from t", /max/],
  ["select string_agg(a, ',') from t", /string_agg/],
  ["select array_agg(a) from t", /array_agg/],
  ["select concat(distinct a) from t", /distinct/],
  ["select concat(a order by b) from t", /orderBy/],
  ["select concat(a) filter (where true) from t", /filter/],
  ["select row_number() over () from t", /window/],
  ["select lower(a) over (partition by b) from t", /window/],
  ["select lower(pg_sleep(5)::text) from t", /pg_sleep/],
  ["select case when a then pg_sleep(5) end from t", /pg_sleep/],
  ["select a from t where b in (1, pg_sleep(5))", /pg_sleep/],
  ["select a from t where b between 1 and pg_sleep(5)", /pg_sleep/],
  ["select array[pg_sleep(5)] from t", /pg_sleep/],
  ["select a[pg_sleep(5)] from t", /pg_sleep/],
  ["select extract(year from pg_sleep(5)) from t", /pg_sleep/],
  ["select substring(a from pg_sleep(5)) from t", /pg_sleep/],
  ["select -pg_sleep(5) from t", /pg_sleep/],
  ["select pg_sleep(5)::text from t", /pg_sleep/],
  // Types, operators, keywords, parameters, names
  ["select 'pg_shadow'::regclass from t", /regclass/],
  ["select a::regproc from t", /regproc/],
  ["select a::xml from t", /xml/],
  ["select a::public.mine from t", /public\.mine/],
  ['select a::"int4" from t', /"int4"/],
  ["select a::text[][] from t", /array of arrays/],
  ["select x'ff' from t", /type x/],
  ["select a operator(public.+) b from t", /OPERATOR/],
  ["select a ~ '(a+)+$' from t", /operator ~/],
  ["select a # b from t", /operator #|unexpected/],
  ["select a & b from t", /operator &/],
  ["select a @@ b from t", /operator @@/],
  ["select U&'\\0061' from t", /operator &/],
  ["select current_user from t", /current_user/],
  ["select session_user from t", /session_user/],
  ["select $1 from t", /parameter/],
  ["select a from t where a = $1", /parameter/],
  ["select default from t", /DEFAULT|unexpected/],
  ["select u.a from t", /u, which is not the table/],
  ["select t.a from t as x", /t, which is not the table/],
  ["select other.t.a from public.t", /not the table/],
  ["select u.* from t", /not the table/],
  ["select 1e5 from t", /the number/],
  ["select 12abc from t", /the number/],
  ["select a::time(3) with time zone from t", /TIME ZONE/],
  ["select rolpassword from pg_authid", /system table/],
  ["select * from pg_catalog.pg_shadow", /system table/],
  ["select * from information_schema.tables", /system table/],
  ['select * from "pg_catalog"."pg_authid"', /system table/],
  ["select * from pg_toast.pg_toast_1", /system table/],
  // Not SQL of this kind at all
  ["select a from only t", /unexpected/],
  ["select a from t tablesample system (1)", /unexpected/],
  ["select a into x from t", /unexpected/],
  ["copy t to program 'curl evil'", /unexpected/],
  ["table t", /unexpected/],
  ["explain select a from t", /unexpected/],
  ["select $$x$$ from t", /unexpected/],
  ["select E'a\\nb' from t", /escape string/],
  ["select e'\\\\n' from t", /escape string/],
  ["select j ->> E'a\\nb' from t", /operand of ->>/],
  ["select interval E'1 day' from t", /escape string|unexpected/],
  ['select a collate "C" from t', /unexpected/],
  ["select 'a\u0000b' from t", /NUL|unexpected/],
  ["", /importTable|names no table/],
  ["select", /ends too early|without columns|unexpected/],
  ["select a from", /ends too early|unexpected/],
  ["select a from t where", /ends too early|unexpected/],
  ["select 'unclosed from t", /unexpected|ends too early/],
  [`select ${"(".repeat(200)}1${")".repeat(200)} from t`, /nests/],
  [`select ${"a, ".repeat(10_000)} a from t`, /at most/],
  [`select ${"a + ".repeat(4_000)} a from t`, /more than 1000 operations/],
  [`select ${"not ".repeat(4_000)} a from t`, /more than 1000 operations/],
  [
    `select ${"case when a then ".repeat(500)} 1 ${"end ".repeat(500)} from t where ${"- ".repeat(3_000)} a = 1`,
    /operations/,
  ],
];

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
