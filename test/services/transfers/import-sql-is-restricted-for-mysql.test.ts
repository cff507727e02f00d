import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printSelect } from "../../../server/domain/primitive-select.ts";
import { validateImportQuery } from "../../../server/services/transfers/validate-import-query.ts";
import {
  createMysqlDatabase,
  type MysqlDatabase,
  openMysql,
} from "../../connectors/mysql-support.ts";
import { hostile } from "./hostile-sql.ts";

const read = (query: string) =>
  validateImportQuery({ query, importTable: "", idColumn: null }, "mysql");
const print = (query: string) => {
  const { select } = read(query);
  return printSelect(select, "mysql", { schema: "test", name: select.table.name }, null);
};

test("what is refused for PostgreSQL is refused for MySQL", () => {
  const taken = hostile.filter(([sql]) => {
    try {
      read(sql);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ name: "MaestroError" });
      return false;
    }
  });
  // A name that means nothing to MySQL, where "pg_" is no system's.
  expect(taken.map(([sql]) => sql)).toEqual([
    "select rolpassword from pg_authid",
    "select * from pg_catalog.pg_shadow",
    'select * from "pg_catalog"."pg_authid"',
    "select * from pg_toast.pg_toast_1",
  ]);
});

const refused: [sql: string, named: RegExp][] = [
  ["select a from t where s ilike 'x'", /ILIKE for MySQL.*write lower\(a\) LIKE lower\(b\)/],
  ["select j -> 'a' from t", /->.*json_extract/],
  ["select j ->> 'a' from t", /->>.*json_unquote/],
  ["select j @> '1' from t", /@>.*json_contains/],
  ["select array[a] from t", /an array for MySQL/],
  ["select a[1] from t", /an array for MySQL/],
  ["select a && b from t", /operator && for MySQL/],
  ["select d at time zone 'UTC' from t", /AT TIME ZONE for MySQL.*convert them in BigQuery/],
  ["select a::boolean from t", /the type boolean for MySQL/],
  ["select a::uuid from t", /the type uuid for MySQL/],
  ["select a::json from t", /the type json for MySQL/],
  ["select a::timestamptz from t", /the type timestamptz for MySQL/],
  ["select a::int[] from t", /the type int\[\] for MySQL/],
  ["select a::numeric from t", /numeric without a precision.*write numeric\(38, 9\)/],
  ["select interval '1 day' from t", /the type interval for MySQL/],
  ["select substring(s from 'x.') from t", /substring with a pattern/],
  ["select extract(epoch from d) from t", /EXTRACT of epoch for MySQL/],
  ["select to_char(d, 'YYYY') from t", /the function to_char for MySQL/],
  ["select sleep(5) from t", /the function sleep/],
  ["select benchmark(1000000000, md5('x')) from t", /the function benchmark/],
  ["select load_file('/etc/passwd') from t", /the function load_file/],
  ["select get_lock('x', 100) from t", /the function get_lock/],
  ["select user() from t", /user/],
  ["select database() from t", /the function database/],
  ["select version() from t", /the function version/],
  ["select uuid() from t", /the function uuid/],
  ["select rand() from t", /the function rand/],
  ["select last_insert_id() from t", /the function last_insert_id/],
  ["select extractvalue('<a/>', '/a') from t", /the function extractvalue/],
  ["select group_concat(s) from t", /the function group_concat/],
  ["select count(a) from t", /the function count/],
  ["select lpad(s, 1000000000, 'x') from t", /the function lpad/],
  ["select space(1000000000) from t", /the function space/],
  ["select sys_exec('id') from t", /the function sys_exec/],
  ["select a from t into outfile '/tmp/x'", /unexpected/],
  ["select a from t procedure analyse()", /unexpected/],
  ["select @@version from t", /unexpected|operator/],
  ["select a from t lock in share mode", /unexpected/],
  ["select `a` from t", /unexpected|ends too early/],
  ["select a from t # comment", /unexpected|ends too early/],
  ["select user from mysql.user", /system table/],
  ["select a from performance_schema.threads", /system table/],
  ["select a from sys.processlist", /system table/],
  ['select a from "MySQL"."user"', /system table/],
];

test.each(refused)("refuses %s", (sql, named) => {
  expect(() => read(sql)).toThrow(named);
});

test("a refusal has its place", () => {
  expect(() => read("select a,\n  s ilike 'x' from t")).toThrow(
    expect.objectContaining({ code: "invalidSql", position: { line: 2, column: 3 } }),
  );
});

test("an injected name or text stays a name or a text", () => {
  expect(print("select a from t where name='\\'' union select b from u -- '")).toBe(
    "SELECT `t`.`a` FROM `test`.`t` AS `t` WHERE (`t`.`name` = _utf8mb4 x'5c2720756e696f6e2073656c65637420622066726f6d2075202d2d20')",
  );
  expect(print('select a as "x`; drop table u; -- " from "t`"')).toBe(
    "SELECT `t```.`a` AS `x``; drop table u; --` FROM `test`.`t``` AS `t```",
  );
  expect(print("select 'plain' as a, '/*!5 x */' as b from t")).toBe(
    "SELECT _utf8mb4'plain' AS `a`, _utf8mb4 x'2f2a21352078202a2f' AS `b` FROM `test`.`t` AS `t`",
  );
});

describe("what is printed means what was written", () => {
  let source: MysqlDatabase;
  beforeAll(async () => {
    source = await createMysqlDatabase();
    await source.query(
      `create table t (id bigint, a int, b int, n decimal(30, 9), s varchar(100), j json, d datetime(6), f tinyint(1)) charset utf8mb4`,
    );
    await source.query(`insert into t values
      (1, 5, 2, 1.5, 'it''s \\\\ a "q" %_ é😀', '{"x": {"y": [1, "two"]}, "k": null}', '2024-02-29 23:30:00.5', 1),
      (2, -5, null, 12345678901234567890.123, '', '[]', '1999-12-31 00:00:00', 0),
      (9007199254740993, 0, 7, 0, null, null, null, null)`);
  });
  afterAll(() => source.drop());

  /** What a user writes, and the same in MariaDB's own words. */
  const pairs: [written: string, meant: string][] = [
    ["select * from t", "select id, a, b, n, s, j, d, f from t"],
    [
      "select t.*, upper(s) u from t where T.Id = 9007199254740993 or id = 1",
      "select t.*, upper(s) u from t where id = 9007199254740993 or id = 1",
    ],
    [
      "select a - b as x, a + b * 2 as y, (a + b) * 2 as z, -a * b as w, a % 3 as m, a / 2 as q from t",
      "select a - b, a + b * 2, (a + b) * 2, -a * b, a % 3, a / 2 from t",
    ],
    [
      "select not f as x, not a = b as y, f or a > 0 and b > 0 as z from t",
      "select not f, not (a = b), f or (a > 0 and b > 0) from t",
    ],
    ["select s || '\\' || 'x' as c from t", "select concat(s, char(92 using utf8mb4), 'x') from t"],
    [
      "select s like 'it%' as l, s not like '%z' as m, s like '%\\\\%' as e, s like '%\\%%' as p, s like '' as n from t",
      "select s like 'it%', s not like '%z', instr(s, char(92 using utf8mb4)) > 0, instr(s, '%') > 0, s = '' from t",
    ],
    [
      "select 'a\\nb' as plain, 'x''y' as q, '' as e, 'é漢😀' as u from t",
      "select concat('a', char(92 using utf8mb4), 'nb'), concat('x', char(39 using utf8mb4), 'y'), '', 'é漢😀' from t",
    ],
    [
      "select a from t where s = 'it''s \\ a \"q\" %_ é😀' -- a comment; drop table t",
      "select a from t where id = 1",
    ],
    [
      "select a in (1, 5, -5) as i, b not in (2) as o, a between -5 and 0 as w, a not between 1 and 2 as v from t",
      "select a in (1, 5, -5), b not in (2), a between -5 and 0, a not between 1 and 2 from t",
    ],
    [
      "select case when a > 0 then 'plus' when a < 0 then 'minus' else null end as sign, case a when 5 then 1 else 0 end as five from t",
      "select if(a > 0, 'plus', if(a < 0, 'minus', null)), if(a = 5, 1, 0) from t",
    ],
    [
      "select coalesce(b, 0) as b0, nullif(s, '') as s0, greatest(a, 1) as g, least(a, 0) as l, ifnull(b, 9) as i, if(a > 0, 1, 2) as j from t",
      "select ifnull(b, 0), if(s = '', null, s), if(a > 1, a, 1), if(a < 0, a, 0), ifnull(b, 9), if(a > 0, 1, 2) from t",
    ],
    [
      "select a::text as t, a::char(1) as c, cast(n as decimal(10, 2)) as n2, a::double precision as dp, a::bigint as b, d::date as day, d::time as ti, d::datetime as dt, s::bytea as raw, cast(a as signed) g, cast(5 as unsigned) as h from t",
      "select cast(a as char), left(cast(a as char), 1), cast(n as decimal(10, 2)), a + 0e0, a, date(d), time(d), d, cast(s as binary), a, 5 from t",
    ],
    [
      "select date '2024-01-01' as x, timestamp '2024-01-01 10:00' as y from t",
      "select date('2024-01-01'), cast('2024-01-01 10:00' as datetime(6)) from t",
    ],
    [
      "select extract(year from d) as y, year(d) as y2, month(d) as m, date_format(d, '%Y-%m') as f, unix_timestamp(d) as u, datediff(d, '2024-01-01') as dd from t",
      "select year(d), year(d), month(d), date_format(d, '%Y-%m'), unix_timestamp(d), datediff(d, '2024-01-01') from t",
    ],
    [
      "select json_extract(j, '$.x.y[1]') as o, json_unquote(json_extract(j, '$.x.y[1]')) as u, json_length(j) as l from t",
      "select json_extract(j, '$.x.y[1]'), json_value(j, '$.x.y[1]'), json_length(j) from t",
    ],
    [
      "select substring(s from 1 for 2) as a1, substring(s, 2) as a2, trim(s) as a4, replace(s, 'q', '\\\\') as a5, left(s, 2) as a6, hex(s) as h, md5(s) as m from t",
      "select left(s, 2), mid(s, 2), trim(s), replace(s, 'q', concat(char(92 using utf8mb4), char(92 using utf8mb4))), left(s, 2), hex(s), md5(s) from t",
    ],
    [
      "select a is null as x, b is not null as y, f is true as z, f is not false as w from t",
      "select isnull(a), not isnull(b), ifnull(f = 1, 0), ifnull(f <> 0, 1) from t",
    ],
    ["select (a, b) = (5, 2) as pair from t", "select a = 5 and b = 2 from t"],
    [
      "select n, 0.10 as tenth, 12345678901234567890.123456789 as long, .5 as half, -7 as minus from t",
      "select n, 0.10, 12345678901234567890.123456789, .5, -7 from t",
    ],
    ["select id from t where id >= 1 limit 2", "select id from t limit 2"],
    ['select "a" as "A B", a AS SmallCase, b as "c`d" from "t"', "select a, a, b from t"],
  ];

  test.each(pairs)("%s", async (written, meant) => {
    const rowsOf = async (statement: string) => {
      const connection = await source.connect();
      const [rows] = await connection.query({ sql: statement, rowsAsArray: true });
      await connection.end();
      return rows;
    };
    expect(await rowsOf(print(written))).toEqual(await rowsOf(meant));
  });

  test("whatever mode and character set the session has", async () => {
    const texts = [
      "\\",
      "'",
      "\\'",
      '"',
      "a\\'b",
      "/*! x */",
      "漢\\'",
      "\u00bf'",
      "é😀",
      "%_",
      "\n\u001a",
      "0x41",
      "--",
    ];
    const statement = print(
      `select ${texts.map((one, at) => `'${one.replaceAll("'", "''")}' as v${at}`).join(", ")} from t limit 1`,
    );
    const connection = await source.connect();
    const modes = [
      "",
      "ANSI_QUOTES",
      "NO_BACKSLASH_ESCAPES",
      "ANSI",
      "ORACLE",
      "MSSQL,IGNORE_SPACE",
      "PAD_CHAR_TO_FULL_LENGTH",
    ];
    for (const mode of modes) {
      for (const charset of ["utf8mb4", "latin1", "gbk", "big5", "sjis"]) {
        await connection.query(`set session sql_mode = '${mode}'`);
        await connection.query(`set names ${charset}`);
        await connection.query("set character_set_results = utf8mb4");
        const [rows] = await connection.query(statement);
        expect(Object.values((rows as object[])[0] ?? {})).toEqual(texts);
      }
    }
    await connection.end();
  });

  test("a table of another database, and one whose name is in another case, are found", async () => {
    await source.query("create database other");
    await source.query("create table other.Things (id int)");
    const connection = await openMysql(source.address);
    expect(await connection.findTable({ schema: "other", name: "Things" })).toMatchObject({
      schema: "other",
      name: "Things",
    });
    expect(await connection.findTable({ schema: "other", name: "things" })).toMatchObject({
      name: "Things",
    });
    await source.query("create table other.things (id int)");
    expect(await connection.findTable({ schema: "other", name: "things" })).toMatchObject({
      name: "things",
    });
    await expect(connection.findTable({ schema: null, name: "things" })).rejects.toThrow(
      /no table `test`.`things`/,
    );
    await connection.close();
  });
});
