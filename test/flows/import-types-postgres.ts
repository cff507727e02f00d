import { allBytes, nastyTexts, nestedJson, type TypeCase } from "./import-types.ts";

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
const same = (...values: string[]): [string, string][] =>
  values.map((value) => [text(value), value]);
const texts = nastyTexts.map((value): [string, string] => [text(value), value]);
const int = (...values: string[]): [string, unknown][] =>
  values.map((value) => [value, Number.isSafeInteger(Number(value)) ? Number(value) : value]);

/** With these before: `create type mood …; create domain positive …; create type pair …`. */
export const postgresSetup = `
  create type mood as enum ('sad', 'it''s "fine", \\really');
  create domain positive as numeric(10, 2) check (value > 0);
  create type pair as (a int, b text);`;

const deepJson = nestedJson(100);

const instants = "which does not fit into BigQuery's";

export const postgresTypes: TypeCase[] = [
  { name: "smallint", bigquery: "INT64", values: int("-32768", "32767", "0") },
  { name: "integer", bigquery: "INT64", values: int("-2147483648", "2147483647") },
  {
    name: "bigint",
    bigquery: "INT64",
    values: int("-9223372036854775808", "9223372036854775807", "9007199254740993"),
  },
  { name: "oid", bigquery: "INT64", values: int("0", "4294967295") },
  {
    name: "real",
    bigquery: "FLOAT64",
    values: [
      ["0.1", 0.1],
      ["'-0'", -0],
      ["'NaN'", "NaN"],
      ["'Infinity'", "Infinity"],
      ["'-Infinity'", "-Infinity"],
      ["3.4028235e38", 3.4028235e38],
      ["1e-45", 1e-45],
    ],
  },
  {
    name: "double precision",
    bigquery: "FLOAT64",
    values: [
      ["0.1", 0.1],
      ["'-0'", -0],
      ["'NaN'", "NaN"],
      ["'Infinity'", "Infinity"],
      ["'-Infinity'", "-Infinity"],
      ["1.7976931348623157e308", 1.7976931348623157e308],
      ["5e-324", 5e-324],
      ["0.30000000000000004", 0.30000000000000004],
    ],
  },
  {
    name: "numeric(p, s)",
    sql: "numeric(38, 9)",
    bigquery: "NUMERIC",
    values: [
      ["99999999999999999999999999999.999999999", "99999999999999999999999999999.999999999"],
      ["-99999999999999999999999999999.999999999", "-99999999999999999999999999999.999999999"],
      ["-0.000000001", "-0.000000001"],
      ["0", "0"],
    ],
    refused: [["'NaN'", /column v holds NaN, which does not fit into BigQuery's NUMERIC.*v::text/]],
  },
  {
    name: "numeric",
    bigquery: "STRING",
    values: [
      ["'NaN'", "NaN"],
      ["'-Infinity'", "-Infinity"],
      ["1e-30", "0.000000000000000000000000000001"],
      ["1.50", "1.50"],
      [`${"9".repeat(100)}.${"9".repeat(100)}`, `${"9".repeat(100)}.${"9".repeat(100)}`],
    ],
  },
  {
    name: "money",
    bigquery: "NUMERIC",
    values: [
      ["'-92233720368547758.08'", "-92233720368547758.08"],
      ["'92233720368547758.07'", "92233720368547758.07"],
    ],
  },
  {
    name: "boolean",
    bigquery: "BOOL",
    values: [
      ["true", true],
      ["false", false],
    ],
  },
  { name: "text", bigquery: "STRING", values: texts },
  { name: "varchar", bigquery: "STRING", values: texts },
  {
    name: "char(n)",
    sql: "char(5)",
    bigquery: "STRING",
    values: [
      ["''", "     "],
      ["'ab'", "ab   "],
      ["'漢😀'", "漢😀   "],
    ],
  },
  { name: "name", bigquery: "STRING", values: same("", "a\"b'c\\") },
  { name: `"char"`, bigquery: "STRING", values: [["'a'", "a"]] },
  {
    name: "bytea",
    bigquery: "BYTES",
    values: [
      [`'\\x${allBytes.toString("hex")}'`, allBytes.toString("base64")],
      ["''", ""],
      ["'\\x00'", "AA=="],
    ],
  },
  {
    name: "date",
    bigquery: "DATE",
    values: same("0001-01-01", "9999-12-31", "2024-02-29"),
    refused: [
      ["'infinity'", new RegExp(`holds infinity, ${instants} DATE`)],
      ["'-infinity'", new RegExp(`holds -infinity, ${instants} DATE`)],
      ["'0001-12-31 BC'", new RegExp(`BC, ${instants} DATE`)],
      ["'10000-01-01'", new RegExp(`10000-01-01, ${instants} DATE`)],
    ],
  },
  {
    name: "timestamp",
    bigquery: "DATETIME",
    values: [
      ["'0001-01-01'", "0001-01-01T00:00:00"],
      ["'9999-12-31 23:59:59.999999'", "9999-12-31T23:59:59.999999"],
      ["'2024-02-29 12:34:56.1'", "2024-02-29T12:34:56.100000"],
    ],
    refused: [
      ["'infinity'", new RegExp(`holds infinity, ${instants} DATETIME`)],
      ["'4713-01-01 BC'", new RegExp(`BC, ${instants} DATETIME`)],
      ["'294276-12-31'", new RegExp(`294276-12-31.*, ${instants} DATETIME`)],
    ],
  },
  {
    name: "timestamptz",
    bigquery: "TIMESTAMP",
    values: [
      ["'0001-01-01 00:00:00+00'", "0001-01-01T00:00:00Z"],
      ["'9999-12-31 23:59:59.999999+00'", "9999-12-31T23:59:59.999999Z"],
      ["'2024-03-31 02:30:00.000001+02'", "2024-03-31T00:30:00.000001Z"],
    ],
    refused: [
      ["'infinity'", new RegExp(`holds infinity, ${instants} TIMESTAMP`)],
      ["'9999-12-31 23:59:59-01'", new RegExp(`${instants} TIMESTAMP`)],
    ],
  },
  {
    name: "time",
    bigquery: "TIME",
    values: [
      ["'00:00'", "00:00:00"],
      ["'23:59:59.999999'", "23:59:59.999999"],
    ],
    refused: [["'24:00'", new RegExp(`holds 24:00:00, ${instants} TIME`)]],
  },
  {
    name: "timetz",
    bigquery: "STRING",
    values: [
      ["'12:00+05:30'", "12:00:00+05:30"],
      ["'24:00:00+00'", "24:00:00+00"],
    ],
  },
  {
    name: "interval",
    bigquery: "STRING",
    values: [
      ["'1 year 2 mons -3 days 04:05:06.789'", "1 year 2 mons -3 days +04:05:06.789"],
      ["'0'", "00:00:00"],
      ["'-178000000 years'", "-178000000 years"],
    ],
  },
  { name: "uuid", bigquery: "STRING", values: same("00000000-0000-0000-0000-00000000000f") },
  {
    name: "json",
    bigquery: "JSON",
    values: [
      [`'{"b" : 1.50, "b": null}'`, '{"b" : 1.50, "b": null}'],
      ["'null'", "null"],
      ["'[]'", "[]"],
      [`'"\\u00e9\\n"'`, '"\\u00e9\\n"'],
    ],
  },
  {
    name: "jsonb",
    bigquery: "JSON",
    values: [
      [`'{"k": [1, null, "x,\\"y\\n"], "é": 1.50}'`, '{"k": [1, null, "x,\\"y\\n"], "é": 1.50}'],
      ["'null'", "null"],
      [`'${deepJson}'`, deepJson],
      ["'12345678901234567890123456789.5'", "12345678901234567890123456789.5"],
    ],
  },
  { name: "jsonpath", bigquery: "STRING", values: [[`'$."a"[*]'`, '$."a"[*]']] },
  { name: "xml", bigquery: "STRING", values: same('<a b="1">x<!-- y --></a>', "") },
  { name: "inet", bigquery: "STRING", values: same("1.2.3.4", "::1/64", "10.0.0.0/8") },
  { name: "cidr", bigquery: "STRING", values: same("10.0.0.0/8", "2001:db8::/32") },
  { name: "macaddr", bigquery: "STRING", values: same("08:00:2b:01:02:03") },
  { name: "macaddr8", bigquery: "STRING", values: same("08:00:2b:01:02:03:04:05") },
  { name: "bit(n)", sql: "bit(3)", bigquery: "STRING", values: [["b'101'", "101"]] },
  {
    name: "varbit",
    bigquery: "STRING",
    values: [
      ["b''", ""],
      [
        "b'1010101010101010101010101010101010101010101010101010101010101010101'",
        "1010101010101010101010101010101010101010101010101010101010101010101",
      ],
    ],
  },
  { name: "point", bigquery: "STRING", values: [["'(1,-2.5)'", "(1,-2.5)"]] },
  { name: "line", bigquery: "STRING", values: [["'{1,2,3}'", "{1,2,3}"]] },
  { name: "lseg", bigquery: "STRING", values: [["'[(0,0),(1,1)]'", "[(0,0),(1,1)]"]] },
  { name: "box", bigquery: "STRING", values: [["'(1,1),(0,0)'", "(1,1),(0,0)"]] },
  { name: "path", bigquery: "STRING", values: [["'((0,0),(1,1))'", "((0,0),(1,1))"]] },
  {
    name: "polygon",
    bigquery: "STRING",
    values: [["'((0,0),(1,1),(2,0))'", "((0,0),(1,1),(2,0))"]],
  },
  { name: "circle", bigquery: "STRING", values: [["'<(0,0),0.1>'", "<(0,0),0.1>"]] },
  { name: "tsvector", bigquery: "STRING", values: [["'fat:1A cat:2'", "'cat':2 'fat':1A"]] },
  { name: "tsquery", bigquery: "STRING", values: [["'fat & !cat'", "'fat' & !'cat'"]] },
  { name: "int4range", bigquery: "STRING", values: same("[1,5)", "empty", "(,)") },
  {
    name: "int8range",
    bigquery: "STRING",
    values: same("[-9223372036854775808,9223372036854775807)"),
  },
  { name: "numrange", bigquery: "STRING", values: same("[1.50,2.5]", "(,NaN)") },
  {
    name: "tsrange",
    bigquery: "STRING",
    values: [["'[2024-01-01,infinity)'", '["2024-01-01 00:00:00",infinity)']],
  },
  {
    name: "tstzrange",
    bigquery: "STRING",
    values: [["'[2024-01-01 00:00+02,)'", '["2023-12-31 22:00:00+00",)']],
  },
  { name: "daterange", bigquery: "STRING", values: same("[2024-01-01,2024-02-01)") },
  { name: "int4multirange", bigquery: "STRING", values: same("{[1,5),[7,9)}", "{}") },
  {
    name: "int8multirange",
    bigquery: "STRING",
    values: same("{[1,9223372036854775807)}"),
  },
  { name: "nummultirange", bigquery: "STRING", values: same("{[1.5,2.5)}") },
  {
    name: "tsmultirange",
    bigquery: "STRING",
    values: [["'{[2024-01-01,2024-01-02)}'", '{["2024-01-01 00:00:00","2024-01-02 00:00:00")}']],
  },
  {
    name: "tstzmultirange",
    bigquery: "STRING",
    values: [["'{[2024-01-01 00:00+00,)}'", '{["2024-01-01 00:00:00+00",)}']],
  },
  { name: "datemultirange", bigquery: "STRING", values: same("{[2024-01-01,2024-02-01)}") },
  { name: "pg_lsn", bigquery: "STRING", values: same("16/B374D848") },
  { name: "pg_snapshot", bigquery: "STRING", values: same("10:20:10,14,15") },
  { name: "txid_snapshot", bigquery: "STRING", values: same("10:20:10,14,15") },
  { name: "xid", bigquery: "STRING", values: [["'4294967295'", "4294967295"]] },
  {
    name: "xid8",
    bigquery: "STRING",
    values: [["'18446744073709551615'", "18446744073709551615"]],
  },
  { name: "cid", bigquery: "STRING", values: [["'1'", "1"]] },
  { name: "tid", bigquery: "STRING", values: [["'(0,1)'", "(0,1)"]] },
  { name: "regclass", bigquery: "STRING", values: [["'pg_catalog.pg_class'", "pg_class"]] },
  { name: "int2vector", bigquery: "INT64", isArray: true, values: [["'1 2'", [1, 2]]] },
  { name: "oidvector", bigquery: "INT64", isArray: true, values: [["'1 2'", [1, 2]]] },
  { name: "enums", sql: "mood", bigquery: "STRING", values: same("sad", 'it\'s "fine", \\really') },
  { name: "domains", sql: "positive", bigquery: "NUMERIC", values: [["12.5", "12.5"]] },
  {
    name: "composites",
    sql: "pair",
    bigquery: "STRING",
    values: [[`row(1, 'x,"y')`, '(1,"x,""y")']],
  },
  {
    name: "T[]",
    sql: "bigint[]",
    bigquery: "INT64",
    isArray: true,
    values: [
      ["'{1,-9223372036854775808}'", [1, "-9223372036854775808"]],
      ["'{}'", []],
    ],
    refused: [
      ["'{1,null}'", /without NULL elements.*to_json\(v\)/],
      ["'{{1},{2}}'", /of one dimension.*to_json\(v\)/],
    ],
  },
  {
    name: "T[]",
    sql: "text[]",
    bigquery: "STRING",
    isArray: true,
    values: [
      [`array[${nastyTexts.slice(0, -1).map(text).join(", ")}]`, nastyTexts.slice(0, -1)],
      ["array['null', 'NULL', '{}', '[]']", ["null", "NULL", "{}", "[]"]],
    ],
  },
  {
    name: "T[]",
    sql: "numeric(20, 5)[]",
    bigquery: "NUMERIC",
    isArray: true,
    values: [["'{1.5,-999999999999999.99999}'", ["1.5", "-999999999999999.99999"]]],
    refused: [["'{NaN}'", /NaN/]],
  },
  {
    name: "T[]",
    sql: "numeric[]",
    bigquery: "STRING",
    isArray: true,
    values: [["'{1e30,NaN}'", ["1000000000000000000000000000000", "NaN"]]],
  },
  {
    name: "T[]",
    sql: "double precision[]",
    bigquery: "FLOAT64",
    isArray: true,
    values: [["'{0.1,NaN,-Infinity}'", [0.1, "NaN", "-Infinity"]]],
  },
  {
    name: "T[]",
    sql: "boolean[]",
    bigquery: "BOOL",
    isArray: true,
    values: [["'{t,f}'", [true, false]]],
  },
  {
    name: "T[]",
    sql: "timestamptz[]",
    bigquery: "TIMESTAMP",
    isArray: true,
    values: [["'{2024-01-01 00:00:00+02}'", ["2023-12-31T22:00:00Z"]]],
    refused: [["'{infinity}'", /infinity/]],
  },
  {
    name: "T[]",
    sql: "date[]",
    bigquery: "DATE",
    isArray: true,
    values: [["'{0001-01-01,9999-12-31}'", ["0001-01-01", "9999-12-31"]]],
  },
  {
    name: "T[]",
    sql: "bytea[]",
    bigquery: "BYTES",
    isArray: true,
    values: [[`'{"\\\\x00ff",""}'`, ["AP8=", ""]]],
  },
  {
    name: "T[]",
    sql: "uuid[]",
    bigquery: "STRING",
    isArray: true,
    values: [
      ["'{00000000-0000-0000-0000-00000000000f}'", ["00000000-0000-0000-0000-00000000000f"]],
    ],
  },
  {
    name: "T[]",
    sql: "char(3)[]",
    bigquery: "STRING",
    isArray: true,
    values: [["'{a}'", ["a  "]]],
  },
  {
    name: "json[]",
    bigquery: "JSON",
    values: [[`array['{"a" : 1}', 'null']::json[]`, '[{"a" : 1},null]']],
  },
  {
    name: "jsonb[]",
    bigquery: "JSON",
    values: [[`array['{"a": 1}', '2']::jsonb[]`, '[{"a": 1},2]']],
  },
];
