import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectMysql } from "../../server/connectors/mysql-connection.ts";
import { type MariaDb, startMariaDb } from "../support/mariadb.ts";
import { exportLines, exportSelect, field } from "./export-support.ts";
import { createSourceDatabase, type SourceDatabase } from "./support.ts";

let postgres: SourceDatabase;
let mariadb: MariaDb;
let connection: Connection;
beforeAll(async () => {
  [postgres, mariadb] = await Promise.all([
    createSourceDatabase(),
    startMariaDb(["--max-allowed-packet=1M"]),
  ]);
  connection = await connectMysql(mariadb.address);
});
afterAll(async () => {
  await connection.end();
  await mariadb.stop();
  await postgres.drop();
});

const query = async (sql: string) => (await connection.query(sql))[0] as Record<string, unknown>[];

const fields = [
  field("id", "INTEGER"),
  field("big", "BIGNUMERIC"),
  field("place", "GEOGRAPHY"),
  field("span", "INTERVAL"),
  field("period", "RANGE"),
];
const huge = "578960446186580977117854925043439539266.34992332820282019728792003956564819967";
const lines = (big: string) => [
  `{"id":"1","big":"${big}","place":"POINT(-122.35 47.62)","span":"1-2 3 4:5:6.789","period":"[2020-01-01, UNBOUNDED)"}`,
  `{"id":"2","big":"-1.5","span":"-1-2 3 -4:5:6"}`,
  `{"id":"3"}`,
];

test("BIGNUMERIC, GEOGRAPHY, INTERVAL and RANGE arrive", async () => {
  await exportLines(postgres.address, fields, lines(huge), { table: "rare" });
  expect(
    await postgres.query(
      `select id::int, big::text, place, period, (extract(epoch from span - make_interval(months => 14)))::text as s,
         span = make_interval(years => 1, months => 2, days => 3, hours => 4, mins => 5, secs => 6.789) as a,
         span = make_interval(months => -14, days => 3) - interval '4:05:06' as b from rare order by id`,
    ),
  ).toMatchObject([
    { id: 1, big: huge, place: "POINT(-122.35 47.62)", period: "[2020-01-01, UNBOUNDED)", a: true },
    { id: 2, big: "-1.5", place: null, period: null, b: true },
    { id: 3, big: null, a: null },
  ]);
  await expect(
    exportLines(mariadb.address, fields, lines(huge), { table: "rare" }),
  ).rejects.toMatchObject({
    message: expect.stringMatching(/column big holds 5789.* in row 1.*round big/),
  });
  expect(await query("show tables like 'rare'")).toEqual([]);
  await exportLines(
    mariadb.address,
    fields,
    lines("12345678901234567890123456789012345.123456789012345678901234567891"),
    { table: "rare" },
  );
  expect(
    await query("select id, cast(big as char) as big, place, span, period from rare order by id"),
  ).toEqual([
    {
      id: 1,
      big: "12345678901234567890123456789012345.123456789012345678901234567891",
      place: "POINT(-122.35 47.62)",
      span: "1-2 3 4:5:6.789",
      period: "[2020-01-01, UNBOUNDED)",
    },
    {
      id: 2,
      big: "-1.500000000000000000000000000000",
      place: null,
      span: "-1-2 3 -4:5:6",
      period: null,
    },
    { id: 3, big: null, place: null, span: null, period: null },
  ]);
});

test("an INTERVAL goes into no column that keeps parts of it", async () => {
  const span = [field("v", "INTERVAL")];
  const line = ['{"v":"1-2 3 4:5:6.789012"}'];
  for (const type of ["interval(0)", "interval year to month", "interval day to second(6)"]) {
    await postgres.query(`create table spans (v ${type})`);
    await expect(
      exportLines(postgres.address, span, line, { table: "spans", mode: "append" }),
    ).rejects.toThrow(/column v is interval.*cannot hold every INTERVAL .*change it to interval/);
    await postgres.query("drop table spans");
  }
  await postgres.query("create table spans (v interval(6))");
  await exportLines(postgres.address, span, line, { table: "spans", mode: "append" });
  expect(await postgres.query("select v::text from spans")).toEqual([
    { v: "1 year 2 mons 3 days 04:05:06.789012" },
  ]);
});

test("a RANGE arrives in a range, and one of moments is refused by one of days", async () => {
  const range = (value: string) =>
    exportLines(postgres.address, [field("v", "RANGE")], [JSON.stringify({ v: value })], {
      table: "periods",
      mode: "append",
    });
  await postgres.query("create table periods (v daterange)");
  await range("[2020-01-01, 2020-02-01)");
  await expect(range("[2020-01-01 12:00:00+00, 2020-02-01 00:00:00+00)")).rejects.toThrow(
    /column v holds .*12:00.* row 1.*daterange/,
  );
  expect(await postgres.query("select v::text from periods")).toEqual([
    { v: "[2020-01-01,2020-02-01)" },
  ]);
});

test("a line that names another column says that the table was changed", async () => {
  await expect(
    exportLines(postgres.address, [field("id", "INTEGER")], ['{"id":"1","renamed":"x"}'], {
      table: "changed",
    }),
  ).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/its column renamed.*run it again/),
  });
});

test("an existing column's own type stays where it holds the values, or they are refused", async () => {
  await postgres.query(`create type mood as enum ('sad', 'glad');
    create table own (id int, price numeric(6, 2), at timestamptz(3), u uuid, m mood, j jsonb, tags varchar(3)[])`);
  const own = [
    field("id", "INTEGER"),
    field("price", "NUMERIC"),
    field("at", "TIMESTAMP"),
    field("u", "STRING"),
    field("m", "STRING"),
    field("j", "RECORD"),
    field("tags", "STRING", "REPEATED"),
  ].map((each) => (each.name === "j" ? { ...each, fields: [field("x", "INTEGER")] } : each));
  const row = (values: {
    id?: string;
    price?: string;
    at?: string;
    u?: string;
    m?: string;
    tag?: string;
  }) =>
    `select ${values.id ?? "1"}::bigint as id, ${values.price ?? "1.25"}::decimal(38, 9) as price,
       timestamptz '${values.at ?? "2024-01-01 00:00:00.123"}+00' as at,
       '${values.u ?? "00000000-0000-0000-0000-00000000000f"}' as u, '${values.m ?? "glad"}' as m, {x: 1::bigint} as j, ['${values.tag ?? "abc"}'] as tags`;
  const send = (values: Parameters<typeof row>[0]) =>
    exportSelect(postgres.address, row(values), own, { table: "own" });
  await send({});
  const types =
    "select string_agg(format_type(atttypid, atttypmod), ', ' order by attnum) as types from pg_attribute where attrelid = 'own'::regclass and attnum > 0";
  expect(await postgres.query(types)).toEqual([
    {
      types:
        "integer, numeric(6,2), timestamp(3) with time zone, uuid, mood, jsonb, character varying(3)[]",
    },
  ]);
  const before = await postgres.query("select * from own");
  for (const [values, message] of [
    [{ id: "3000000000" }, /column id.*out of range for type integer/],
    [{ price: "1.255" }, /column price holds 1.255.* numeric\(6,2\): round price/],
    [{ price: "123456" }, /numeric field overflow/],
    [{ at: "2024-01-01 00:00:00.123456" }, /column at holds .*truncate at/],
    [{ u: "x" }, /column u holds "x" in row 1: invalid input syntax for type uuid/],
    [{ m: "so so" }, /invalid input value for enum.*so so/],
    [{ tag: "abcd" }, /column tags holds .*varying\(3\)/],
  ] as const) {
    await expect(send(values)).rejects.toMatchObject({
      code: "database",
      retryable: false,
      message: expect.stringMatching(message),
    });
  }
  expect(await postgres.query("select * from own")).toEqual(before);
});

test("a row larger than the small buffers goes, too", async () => {
  const text = "x漢".repeat(1_000_000);
  await expect(
    exportSelect(postgres.address, `select repeat('x漢', 1000000) as v`, [field("v", "STRING")], {
      table: "wide",
    }),
  ).resolves.toMatchObject({ rows: 1 });
  expect((await postgres.query("select v from wide"))[0]!["v"]).toBe(text);
});

test("a table of a thousand columns goes in memory of the first size", async () => {
  const columns = Array.from({ length: 1000 }, (_, at) => field(`c${at}`, "STRING"));
  const done = await exportSelect(
    postgres.address,
    `select ${columns.map(({ name }, at) => `'${at % 10}' || i % 10 as ${name}`).join(", ")} from range(3000) r(i)`,
    columns,
    { table: "columns" },
  );
  expect(done.rows).toBe(3000);
  expect(
    await postgres.query("select count(distinct c0)::int as n, max(c999) as m from columns"),
  ).toEqual([{ n: 10, m: "99" }]);
  const line = (row: number) =>
    JSON.stringify(Object.fromEntries(columns.map(({ name }) => [name, `${row % 10}`])));
  await exportLines(
    postgres.address,
    [...columns, field("j", "JSON")],
    Array.from({ length: 3000 }, (_, row) => line(row)),
    { table: "columns" },
  );
  expect(await postgres.query("select count(distinct c999)::int as n from columns")).toEqual([
    { n: 10 },
  ]);
});

test("what MariaDB would take as something else is refused", async () => {
  const deep = `${"[".repeat(40)}${"]".repeat(40)}`;
  const json = [field("j", "JSON")];
  await exportLines(postgres.address, json, [`{"j":${deep}}`], { table: "deep" });
  expect(await postgres.query("select j::text as j from deep")).toEqual([{ j: deep }]);
  await expect(
    exportLines(mariadb.address, json, [`{"j":${deep}}`], { table: "deep" }),
  ).rejects.toMatchObject({
    code: "database",
    message: expect.stringMatching(/Limit of 32 on JSON.*j.* failed/),
  });
  expect(await query("show tables")).toEqual([{ Tables_in_test: "rare" }]);
});

test("bytes beyond max_allowed_packet are whole", async () => {
  await exportSelect(
    mariadb.address,
    "select encode(repeat('x', 2000000)) as y",
    [field("y", "BYTES")],
    { table: "packet" },
  );
  expect(await query("select length(y) as n, y = repeat('x', 1000) as cut from packet")).toEqual([
    { n: 2_000_000, cut: 0 },
  ]);
});
