import { allBytes, nastyTexts, nestedJson, type TypeCase } from "./import-types.ts";

/** As hexadecimal digits of UTF-8: no setting of the session has a part in it. */
const text = (value: string) => `_utf8mb4 x'${Buffer.from(value).toString("hex")}'`;
const same = (...values: string[]): [string, string][] =>
  values.map((value) => [text(value), value]);
const texts = nastyTexts.map((value): [string, string] => [text(value), value]);
const short = (most: number) => texts.filter(([, value]) => Buffer.byteLength(value) <= most);
const int = (...values: string[]): [string, unknown][] =>
  values.map((value) => [value, Number.isSafeInteger(Number(value)) ? Number(value) : value]);
const digits = (...values: string[]): [string, string][] => values.map((value) => [value, value]);
const bytes = (value: Buffer): [string, string] => [
  `x'${value.toString("hex")}'`,
  value.toString("base64"),
];
const someBytes = [allBytes, Buffer.from(""), Buffer.from([0]), Buffer.from('"\\N",\n')].map(bytes);

/** MariaDB checks its JSON to a depth of 32. */
const shallowJson = nestedJson(15);

const instants = "which does not fit into BigQuery's";

export const mysqlTypes: TypeCase[] = [
  { name: "tinyint", bigquery: "INT64", values: int("-128", "127", "0") },
  { name: "tinyint", sql: "tinyint unsigned", bigquery: "INT64", values: int("0", "255") },
  { name: "boolean", bigquery: "INT64", values: int("0", "1", "-128") },
  { name: "smallint", bigquery: "INT64", values: int("-32768", "32767") },
  { name: "mediumint", bigquery: "INT64", values: int("-8388608", "8388607") },
  { name: "int", bigquery: "INT64", values: int("-2147483648", "2147483647") },
  { name: "int", sql: "int unsigned", bigquery: "INT64", values: int("0", "4294967295") },
  { name: "int", sql: "int(10) zerofill", bigquery: "INT64", values: int("0", "42") },
  {
    name: "bigint",
    bigquery: "INT64",
    values: int("-9223372036854775808", "9223372036854775807", "9007199254740993"),
  },
  {
    name: "bigint unsigned",
    bigquery: "NUMERIC",
    values: digits("0", "18446744073709551615"),
  },
  { name: "year", bigquery: "INT64", values: int("0", "1901", "2155") },
  {
    name: "bit(1)",
    bigquery: "BOOL",
    values: [
      ["b'0'", false],
      ["b'1'", true],
    ],
  },
  {
    name: "bit(n)",
    sql: "bit(63)",
    bigquery: "INT64",
    values: [
      ["b'0'", 0],
      ["0x7fffffffffffffff", "9223372036854775807"],
    ],
  },
  {
    name: "bit(64)",
    bigquery: "NUMERIC",
    values: [
      ["b'0'", "0"],
      ["0xffffffffffffffff", "18446744073709551615"],
    ],
  },
  {
    name: "float",
    bigquery: "FLOAT64",
    values: [
      ["0.1", Math.fround(0.1)],
      ["16777215", 16777215],
      ["-3.4028234663852886e38", -3.4028234663852886e38],
      ["1.4e-45", Math.fround(1.4e-45)],
      ["-0e0", 0],
    ],
  },
  { name: "float", sql: "float(7, 3)", bigquery: "FLOAT64", values: [["1.5", 1.5]] },
  {
    name: "double",
    bigquery: "FLOAT64",
    values: [
      ["0.1", 0.1],
      ["0.30000000000000004", 0.30000000000000004],
      ["1.7976931348623157e308", 1.7976931348623157e308],
      ["5e-324", 5e-324],
      ["-1.5e-7", -1.5e-7],
    ],
  },
  {
    name: "double",
    sql: "double(20, 5)",
    bigquery: "FLOAT64",
    values: [["123456789.12345", 123456789.12345]],
  },
  {
    name: "decimal(p, s)",
    sql: "decimal(38, 9)",
    bigquery: "NUMERIC",
    values: digits(
      "99999999999999999999999999999.999999999",
      "-99999999999999999999999999999.999999999",
      "-0.000000001",
      "0",
    ),
  },
  {
    name: "decimal(p, s)",
    sql: "decimal(10, 2) unsigned zerofill",
    bigquery: "NUMERIC",
    values: [
      ["99999999.99", "99999999.99"],
      ["0.5", "0.5"],
    ],
  },
  {
    name: "decimal beyond that",
    sql: "decimal(65, 30)",
    bigquery: "STRING",
    values: digits(
      "99999999999999999999999999999999999.999999999999999999999999999999",
      "-0.000000000000000000000000000001",
    ),
  },
  {
    name: "decimal beyond that",
    sql: "decimal(65, 0)",
    bigquery: "STRING",
    values: digits("9".repeat(65)),
  },
  {
    name: "date",
    bigquery: "DATE",
    values: same("0001-01-01", "9999-12-31", "2024-02-29"),
    refused: [
      ["'0000-00-00'", new RegExp(`column v holds 0000-00-00, ${instants} DATE.*v::text`)],
      ["'2024-00-00'", new RegExp(`2024-00-00, ${instants} DATE`)],
      ["'0000-01-01'", new RegExp(`0000-01-01, ${instants} DATE`)],
    ],
  },
  {
    name: "datetime",
    sql: "datetime(6)",
    bigquery: "DATETIME",
    values: [
      ["'0001-01-01'", "0001-01-01T00:00:00"],
      ["'9999-12-31 23:59:59.999999'", "9999-12-31T23:59:59.999999"],
      ["'2024-02-29 12:34:56.1'", "2024-02-29T12:34:56.100000"],
    ],
    refused: [
      ["'0000-00-00'", new RegExp(`0000-00-00 00:00:00.000000, ${instants} DATETIME`)],
      ["'2024-02-00 10:00:00'", new RegExp(`2024-02-00 10:00:00.000000, ${instants} DATETIME`)],
    ],
  },
  {
    name: "timestamp",
    sql: "timestamp(6) null",
    bigquery: "TIMESTAMP",
    values: [
      ["'1970-01-01 00:00:01'", "1970-01-01T00:00:01Z"],
      ["'2038-01-19 03:14:07.999999'", "2038-01-19T03:14:07.999999Z"],
      ["'2024-03-31 02:30:00.000001'", "2024-03-31T02:30:00.000001Z"],
    ],
    refused: [["'0000-00-00'", new RegExp(`0000-00-00 00:00:00.000000, ${instants} TIMESTAMP`)]],
  },
  {
    name: "time",
    sql: "time(6)",
    bigquery: "TIME",
    values: [
      ["'00:00'", "00:00:00"],
      ["'23:59:59.999999'", "23:59:59.999999"],
    ],
    refused: [
      ["'24:00:00'", new RegExp(`24:00:00.000000, ${instants} TIME.*v::text`)],
      ["'838:59:59'", new RegExp(`838:59:59.000000, ${instants} TIME`)],
      ["'-00:00:01'", new RegExp(`-00:00:01.000000, ${instants} TIME`)],
    ],
  },
  {
    name: "char(n)",
    sql: "char(30) charset utf8mb4",
    bigquery: "STRING",
    values: [["'ab  '", "ab"], ...short(30).filter(([, value]) => !/ $/.test(value))],
  },
  {
    name: "varchar(n)",
    sql: "varchar(120) charset utf8mb4",
    bigquery: "STRING",
    values: short(120),
  },
  { name: "tinytext", sql: "tinytext charset utf8mb4", bigquery: "STRING", values: short(120) },
  { name: "text", sql: "text charset utf8mb4", bigquery: "STRING", values: short(9_000) },
  { name: "mediumtext", sql: "mediumtext charset utf8mb4", bigquery: "STRING", values: texts },
  { name: "longtext", sql: "longtext charset utf8mb4", bigquery: "STRING", values: texts },
  {
    name: "varchar(n)",
    sql: "varchar(100) charset latin1",
    bigquery: "STRING",
    values: same("é ü ß €", 'a"b\\', ""),
  },
  { name: "text", sql: "text charset utf8mb3", bigquery: "STRING", values: same("漢字かな", "") },
  { name: "text", sql: "text charset ucs2", bigquery: "STRING", values: same("漢字\n", "") },
  {
    name: "enum",
    sql: "enum('sad', 'it''s \"fine\"', '')",
    bigquery: "STRING",
    values: [
      ["'sad'", "sad"],
      [text('it\'s "fine"'), 'it\'s "fine"'],
      ["''", ""],
    ],
  },
  {
    name: "set",
    sql: "set('a', 'b c', 'd')",
    bigquery: "STRING",
    values: [
      ["'a,d'", "a,d"],
      ["''", ""],
      ["'b c'", "b c"],
    ],
  },
  {
    name: "binary(n)",
    sql: "binary(4)",
    bigquery: "BYTES",
    values: [
      ["'ab'", Buffer.from("ab\0\0").toString("base64")],
      bytes(Buffer.from([0, 34, 92, 10])),
    ],
  },
  { name: "varbinary(n)", sql: "varbinary(300)", bigquery: "BYTES", values: someBytes },
  { name: "tinyblob", bigquery: "BYTES", values: someBytes.slice(1) },
  { name: "blob", bigquery: "BYTES", values: someBytes },
  { name: "mediumblob", bigquery: "BYTES", values: someBytes },
  {
    name: "longblob",
    bigquery: "BYTES",
    values: [...someBytes, bytes(Buffer.alloc(400_000, 0xff))],
  },
  {
    name: "json",
    bigquery: "JSON",
    values: [
      [
        text('{"k": [1, null, "x,\\"y\\n"], "é": 1.50}'),
        '{"k": [1, null, "x,\\"y\\n"], "é": 1.50}',
      ],
      ["'null'", "null"],
      ["'[]'", "[]"],
      [text(shallowJson), shallowJson],
    ],
  },
  { name: "uuid", bigquery: "STRING", values: same("00000000-0000-0000-0000-00000000000f") },
  { name: "inet4", bigquery: "STRING", values: same("1.2.3.4", "0.0.0.0") },
  { name: "inet6", bigquery: "STRING", values: same("::1", "2001:db8::ff00:42:8329") },
  {
    name: "geometry",
    bigquery: "STRING",
    values: [
      ["st_geomfromtext('point(0.1 0.30000000000000004)')", "POINT(0.1 0.30000000000000004)"],
      ["st_geomfromtext('point(1e300 -1e-300)')", "POINT(1e300 -1e-300)"],
    ],
  },
  { name: "point", bigquery: "STRING", values: [["point(1, -2.5)", "POINT(1 -2.5)"]] },
  {
    name: "linestring",
    bigquery: "STRING",
    values: [["st_geomfromtext('linestring(0 0,1 1)')", "LINESTRING(0 0,1 1)"]],
  },
  {
    name: "polygon",
    bigquery: "STRING",
    values: [["st_geomfromtext('polygon((0 0,1 1,2 0,0 0))')", "POLYGON((0 0,1 1,2 0,0 0))"]],
  },
  {
    name: "multipoint",
    bigquery: "STRING",
    values: [["st_geomfromtext('multipoint(0 0,1 1)')", "MULTIPOINT(0 0,1 1)"]],
  },
  {
    name: "multilinestring",
    bigquery: "STRING",
    values: [
      [
        "st_geomfromtext('multilinestring((0 0,1 1),(2 2,3 3))')",
        "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
      ],
    ],
  },
  {
    name: "multipolygon",
    bigquery: "STRING",
    values: [
      ["st_geomfromtext('multipolygon(((0 0,1 1,2 0,0 0)))')", "MULTIPOLYGON(((0 0,1 1,2 0,0 0)))"],
    ],
  },
  {
    name: "geometrycollection",
    bigquery: "STRING",
    values: [
      ["st_geomfromtext('geometrycollection(point(0 0))')", "GEOMETRYCOLLECTION(POINT(0 0))"],
    ],
  },
];
