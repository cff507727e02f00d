import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createSourceDatabase,
  type SourceDatabase,
  stage,
  stageAndRead,
  withDirectory,
} from "./support.ts";

let source: SourceDatabase;
beforeAll(async () => {
  source = await createSourceDatabase();
});
afterAll(() => source.drop());

const texts = [
  "",
  " ",
  "N",
  '"',
  '""',
  "'",
  ",",
  "\n",
  "\r\n",
  "\r",
  "\t",
  "\\",
  "\\.",
  "\\N",
  "\\n",
  "NULL",
  "null",
  'a"b,c\nd',
  "é ü 漢字 😀 \u200f\u202e",
  "\u0001\u0007\u001f\u007f",
  "a".repeat(100_000),
  " leading and trailing ",
];

test("texts arrive as they were, NULL and '' apart", async () => {
  await source.query("create table texts (id int, v text)");
  for (const [id, text] of [...texts, null].entries()) {
    await source.query("insert into texts values ($1, $2)", [id, text]);
  }
  const { table, file } = await stageAndRead(source, "select * from texts");
  const arrived = new Map(table.rows.map(([id, text]) => [Number(id), text]));
  expect(file.rows).toBe(texts.length + 1);
  const differing = [...texts, null].filter((text, id) => arrived.get(id) !== text);
  expect(differing).toEqual([]);
});

test("a byte order mark stays, and so does the length in bytes", async () => {
  const { table } = await stageAndRead(
    source,
    "select v, octet_length(v) as bytes from (values (E'\\ufeffx'), ('漢😀')) as t(v)",
  );
  expect(table.lengths).toEqual(table.rows.map(([, bytes]) => bytes));
});

test("a table of one column keeps its NULLs and empty texts", async () => {
  await source.query("create table lone (v text)");
  await source.query("insert into lone values (null), (''), (null), ('N'), ('x')");
  const { table } = await stageAndRead(source, "select * from lone");
  const values = table.rows.map(([value]) => value);
  expect(values.filter((value) => value === null)).toHaveLength(2);
  expect(values.filter((value) => value !== null).sort()).toEqual(["", "N", "x"]);
});

test("an empty table is an empty file with its columns", async () => {
  await source.query("create table nothing (a int, b text[], c numeric(10, 2))");
  const { table, file } = await stageAndRead(source, "select * from nothing");
  expect(file.rows).toBe(0);
  expect(table.names).toEqual(["a", "b", "c"]);
  expect(table.types).toEqual(["BIGINT", "VARCHAR[]", "DECIMAL(38,9)"]);
});

test("numbers arrive exactly", async () => {
  await source.query(`create table numbers (
    a smallint, b bigint, c real, d double precision, e numeric(38, 9), f numeric(12, 2),
    g numeric, h numeric(50, 20), i money, j oid, k numeric(5, -2))`);
  await source.query(`insert into numbers values
    (-32768, 9223372036854775807, 0.1, 'NaN', 99999999999999999999999999999.999999999, -0.01,
     'Infinity', 123456789012345678901234567890.12345678901234567890, 1234.5, 4294967295, 1234567),
    (32767, -9223372036854775808, '-Infinity', 'Infinity', -0.000000001, 9999999999.99,
     1e-30, 0, -92233720368547758.08, 0, -100),
    (0, 0, '-0', 5e-324, 0, 0, 'NaN', 1, 0, 1, 0),
    (1, 1, 3.4028235e38, 0.1, 1.5, 1.5, 12345678901234567890123456789012345678901234567890, 1, 1, 1, 1),
    (null, null, null, null, null, null, null, null, null, null, null)`);
  const { table, columns } = await stageAndRead(source, "select * from numbers");
  expect(columns.map(({ type }) => type)).toEqual([
    "INT64",
    "INT64",
    "FLOAT64",
    "FLOAT64",
    "NUMERIC",
    "NUMERIC",
    "STRING",
    "STRING",
    "NUMERIC",
    "INT64",
    "NUMERIC",
  ]);
  expect(table.rows).toEqual([
    [
      "-32768",
      "9223372036854775807",
      0.1,
      "NaN",
      "99999999999999999999999999999.999999999",
      "-0.010000000",
      "Infinity",
      "123456789012345678901234567890.12345678901234567890",
      "1234.500000000",
      "4294967295",
      "1234600.000000000",
    ],
    [
      "32767",
      "-9223372036854775808",
      "-Infinity",
      "Infinity",
      "-0.000000001",
      "9999999999.990000000",
      "0.000000000000000000000000000001",
      "0.00000000000000000000",
      "-92233720368547758.080000000",
      "0",
      "-100.000000000",
    ],
    [
      "0",
      "0",
      -0,
      5e-324,
      "0.000000000",
      "0.000000000",
      "NaN",
      expect.stringMatching(/^1\.0+$/),
      "0.000000000",
      "1",
      "0.000000000",
    ],
    [
      "1",
      "1",
      3.4028235e38,
      0.1,
      "1.500000000",
      "1.500000000",
      "12345678901234567890123456789012345678901234567890",
      "1.00000000000000000000",
      "1.000000000",
      "1",
      "0.000000000",
    ],
    Array(11).fill(null),
  ]);
});

test("instants arrive to the microsecond, in UTC, at both ends of what BigQuery holds", async () => {
  await source.query(
    "create table instants (a date, b timestamp, c timestamptz, d time, e timetz, f interval)",
  );
  await source.query(`insert into instants values
    ('0001-01-01', '0001-01-01', '0001-01-01 00:00:00+00', '00:00', '12:00+05:30', '1 year 2 mons -3 days 04:05:06.789'),
    ('9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+00', '23:59:59.999999', '24:00:00+00', '0'),
    ('1970-01-01', '2024-02-29 12:34:56.123456', '2024-03-31 02:30:00+02', '12:34:56.1', '00:00-12', '-1 mon'),
    (null, null, null, null, null, null)`);
  const { table, columns } = await stageAndRead(source, "select * from instants");
  expect(columns.map(({ type }) => type)).toEqual([
    "DATE",
    "DATETIME",
    "TIMESTAMP",
    "TIME",
    "STRING",
    "STRING",
  ]);
  expect(table.types.slice(0, 4)).toEqual([
    "DATE",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
    "TIME",
  ]);
  expect(
    table.rows.map((row) => row.map((value) => value && String(value).replace(/\+00(:00)?$/, ""))),
  ).toEqual([
    [
      "0001-01-01",
      "0001-01-01 00:00:00",
      "0001-01-01 00:00:00",
      "00:00:00",
      "12:00:00+05:30",
      "1 year 2 mons -3 days +04:05:06.789",
    ],
    [
      "9999-12-31",
      "9999-12-31 23:59:59.999999",
      "9999-12-31 23:59:59.999999",
      "23:59:59.999999",
      "24:00:00",
      "00:00:00",
    ],
    [
      "1970-01-01",
      "2024-02-29 12:34:56.123456",
      "2024-03-31 00:30:00",
      "12:34:56.1",
      "00:00:00-12",
      "-1 mons",
    ],
    [null, null, null, null, null, null],
  ]);
});

test("bytes, booleans, uuids, enums, domains and the rest arrive", async () => {
  await source.query(`create type mood as enum ('sad', 'it''s "fine", really');
    create domain positive as numeric(10, 2) check (value > 0);
    create type pair as (a int, b text);
    create table others (a bytea, b boolean, c uuid, d mood, e positive, f char(5), g varchar(3),
      h inet, i int4range, j bit(3), k point, l pair, m name)`);
  await source.query(
    `insert into others values ($1, true, '00000000-0000-0000-0000-00000000000f', 'it''s "fine", really',
      12.5, 'ab', 'abc', '::1/64', '[1,5)', b'101', '(1,2)', row(1, 'x,"y'), 'n'),
      ('', false, null, 'sad', null, '', '', null, 'empty', null, null, null, null),
      (null, null, null, null, null, null, null, null, null, null, null, null, null)`,
    [Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
  );
  const { table, columns } = await stageAndRead(source, "select * from others");
  expect(columns.slice(0, 5).map(({ type }) => type)).toEqual([
    "BYTES",
    "BOOL",
    "STRING",
    "STRING",
    "NUMERIC",
  ]);
  const [first, second, third] = table.rows;
  expect(first!.slice(1)).toEqual([
    true,
    "00000000-0000-0000-0000-00000000000f",
    'it\'s "fine", really',
    "12.500000000",
    "ab   ",
    "abc",
    "::1/64",
    "[1,5)",
    "101",
    "(1,2)",
    '(1,"x,""y")',
    "n",
  ]);
  expect(second!.slice(1, 9)).toEqual([false, null, "sad", null, "     ", "", null, "empty"]);
  expect(second![0]).toBe("");
  expect(third).toEqual(Array(13).fill(null));
});

test("every byte of a bytea arrives", async () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await source.query("create table raw (a bytea)");
  await source.query("insert into raw values ($1)", [all]);
  const { table } = await stageAndRead(source, "select a, encode(a, 'hex') as hex from raw");
  expect(table.rows[0]![1]).toBe(all.toString("hex"));
  expect(table.types[0]).toBe("BLOB");
});

test("arrays arrive as lists; a NULL array as an empty one", async () => {
  await source.query(
    `create table arrays (a int[], b text[], c numeric(10, 2)[], d timestamptz[], e bool[], f bytea[], g numeric[], h char(3)[])`,
  );
  await source
    .query(
      `insert into arrays values ('{1,-2}', $1, '{1.10,NaN}', '{2024-01-01 00:00:00+02}', '{t,f}', '{"\\\\x00ff"}', '{1e30,NaN}', '{a}')`,
      [["", "N", 'a"b', "x\ny", "{}", "null", "\\"]],
    )
    .catch(() => undefined);
  await source.query("delete from arrays");
  await source.query(
    `insert into arrays values ('{1,-2}', $1, '{1.10}', '{2024-01-01 00:00:00+02}', '{t,f}', '{"\\\\x00ff"}', '{1e30,NaN}', '{a}'),
      ('{}', '{}', null, null, null, null, null, null)`,
    [["", "N", 'a"b', "x\ny", "{}", "null", "\\"]],
  );
  const { table, columns } = await stageAndRead(source, "select * from arrays");
  expect(columns.every(({ isArray }) => isArray)).toBe(true);
  const [first, second] = table.rows;
  expect(first!.slice(0, 3)).toEqual([
    ["1", "-2"],
    ["", "N", 'a"b', "x\ny", "{}", "null", "\\"],
    ["1.100000000"],
  ]);
  expect(String((first![3] as string[])[0])).toMatch(/^2023-12-31 22:00:00/);
  expect(first![4]).toEqual([true, false]);
  expect(first!.slice(6)).toEqual([["1000000000000000000000000000000", "NaN"], ["a  "]]);
  expect(second).toEqual(Array(8).fill([]));
});

test("JSON goes as CSV, with JSON null and NULL apart", async () => {
  await source.query("create table documents (id int, a jsonb, b json, c text, d bytea, e float8)");
  await source.query(`insert into documents values
    (1, '{"a": [1, null, "x,\\"y\\n"]}', '{"b" : 1, "b": 2}', '', '\\x00ff', 'Infinity'), (2, 'null', null, null, null, 'NaN')`);
  await withDirectory(async (directory) => {
    const { file } = await stage(source, "select * from documents", directory);
    expect(file.format).toBe("CSV");
    expect(gunzipSync(await readFile(file.path)).toString()).toBe(
      '"1","{""a"": [1, null, ""x,\\""y\\n""]}","{""b"" : 1, ""b"": 2}","","AP8=","Infinity"\n' +
        '"2","null",~null 5f0c~,~null 5f0c~,~null 5f0c~,"NaN"\n',
    );
  });
});

test("JSON beside arrays goes as JSON lines", async () => {
  await source.query(
    "create table mixed (id bigint, a jsonb, b text[], c numeric(38, 9), d float8, e date)",
  );
  await source.query(`insert into mixed values
    (9223372036854775807, '{"a": 12345678901234567890}', '{x,"y\nz"}', 0.1, 'NaN', '2024-01-01'), (2, null, null, null, null, null)`);
  await withDirectory(async (directory) => {
    const { file } = await stage(source, "select * from mixed", directory);
    expect(file.format).toBe("NEWLINE_DELIMITED_JSON");
    expect(
      gunzipSync(await readFile(file.path))
        .toString()
        .trim()
        .split("\n"),
    ).toEqual([
      '{"id":"9223372036854775807","a":{"a": 12345678901234567890},"b":["x","y\\nz"],"c":"0.100000000","d":"NaN","e":"2024-01-01"}',
      '{"id":"2","a":null,"b":[],"c":null,"d":null,"e":null}',
    ]);
  });
});

const refused: [name: string, type: string, value: string, message: RegExp][] = [
  [
    "an infinite date",
    "date",
    "'infinity'",
    /column v holds infinity, which does not fit into BigQuery's DATE/,
  ],
  ["an infinite timestamp", "timestamp", "'-infinity'", /holds -infinity.*DATETIME/],
  ["a date before year 1", "date", "'0044-03-15 BC'", /holds 0044-03-15 BC.*DATE/],
  [
    "a date after year 9999",
    "timestamptz",
    "'10000-01-01 00:00:00+00'",
    /holds 10000-01-01.*TIMESTAMP/,
  ],
  ["24:00", "time", "'24:00'", /holds 24:00:00.*TIME/],
  ["NaN in NUMERIC", "numeric(10,2)", "'NaN'", /holds NaN.*NUMERIC/],
  ["a NULL element", "int[]", "'{1,NULL}'", /NULL elements/],
  ["an array of two dimensions", "text[]", "'{{a,b},{c,d}}'", /one dimension/],
  ["NaN in an array", "numeric(10,2)[]", "'{1,NaN}'", /holds NaN.*NUMERIC/],
];

test.each(refused)(
  "%s is refused with column, value and remedy",
  async (_name, type, value, message) => {
    const select = `select id, v from (values (1, null::${type}), (2, ${value}::${type})) as t(id, v)`;
    await expect(stageAndRead(source, select)).rejects.toMatchObject({
      code: "database",
      retryable: false,
      message: expect.stringMatching(message),
    });
  },
);
