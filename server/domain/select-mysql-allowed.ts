/*
 * What an import's SQL may use of MySQL and MariaDB: what both have, under the same name and with the
 * same meaning, and as for PostgreSQL only things that depend on the row alone, change nothing, read
 * nothing else, and make no long value of a short one (`repeat`, `lpad`, `space`). A built-in function
 * goes before a stored one of its name, so that no other of the name can answer.
 */

export const keywords: ReadonlySet<string> = new Set([
  "current_date",
  "current_timestamp",
  "current_time",
  "localtimestamp",
  "localtime",
]);

export const unaryOperators: ReadonlyMap<string, "before" | "after"> = new Map([
  ["+", "before"],
  ["-", "before"],
  ["NOT", "before"],
  ["IS NULL", "after"],
  ["IS NOT NULL", "after"],
  ["IS TRUE", "after"],
  ["IS FALSE", "after"],
  ["IS NOT TRUE", "after"],
  ["IS NOT FALSE", "after"],
]);

/** `||` and LIKE are printed in other words. */
export const binaryOperators: ReadonlySet<string> = new Set([
  ...["AND", "OR", "IN", "NOT IN", "LIKE", "NOT LIKE", "||"],
  ...["=", "!=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"],
]);

/** What PostgreSQL has and MySQL has not, and what to write. */
export const remedies: ReadonlyMap<string, string> = new Map([
  ["ILIKE", "write lower(a) LIKE lower(b)"],
  ["NOT ILIKE", "write lower(a) NOT LIKE lower(b)"],
  ["->", "write json_extract(a, '$.key')"],
  ["->>", "write json_unquote(json_extract(a, '$.key'))"],
  ["#>>", "write json_unquote(json_extract(a, '$.key'))"],
  ["@>", "write json_contains(a, b)"],
  ["?", "write json_contains_path(a, 'one', '$.key')"],
  ["AT TIME ZONE", "instants are read in UTC; convert them in BigQuery"],
]);

const functionNames = [
  // Text
  "lower upper lcase ucase length char_length character_length octet_length bit_length ascii ord",
  "ltrim rtrim trim left right mid substr substring substring_index replace reverse locate instr",
  "concat concat_ws quote hex unhex md5 sha1 sha2 crc32 to_base64 from_base64 strcmp field",
  "find_in_set elt soundex inet_aton inet_ntoa inet6_aton inet6_ntoa bit_count",
  // Numbers
  "abs ceil ceiling floor round truncate sign sqrt power pow exp ln log log10 log2 mod conv bin oct",
  "degrees radians sin cos tan cot asin acos atan atan2 pi",
  // Instants
  "now date time year month day dayofmonth dayofweek dayofyear weekday hour minute second microsecond",
  "quarter week weekofyear yearweek last_day date_format time_format str_to_date from_unixtime",
  "unix_timestamp to_days from_days to_seconds datediff timediff makedate maketime time_to_sec",
  "sec_to_time monthname dayname adddate subdate addtime subtime",
  // JSON
  "json_extract json_unquote json_quote json_value json_length json_keys json_type json_valid",
  "json_contains json_contains_path json_depth json_array json_object",
  // Places
  "st_astext st_asbinary st_asgeojson st_srid st_x st_y st_geometrytype",
  // Choices
  "coalesce nullif ifnull if greatest least isnull",
];

/** As called → as printed. */
export const functions: ReadonlyMap<string, string> = new Map(
  functionNames.flatMap((line) => line.split(" ")).map((name) => [name, name.toUpperCase()]),
);

/** As named by a cast → as printed. */
export const types: ReadonlyMap<string, string> = new Map([
  ...["char", "character", "character varying", "varchar", "text"].map(
    (name) => [name, "CHAR"] as const,
  ),
  ...["int", "integer", "bigint", "signed"].map((name) => [name, "SIGNED"] as const),
  ["unsigned", "UNSIGNED"],
  ...["numeric", "decimal", "dec"].map((name) => [name, "DECIMAL"] as const),
  ...["double precision", "double"].map((name) => [name, "DOUBLE"] as const),
  ["date", "DATE"],
  ["time", "TIME"],
  ["time without time zone", "TIME"],
  ...["datetime", "timestamp", "timestamp without time zone"].map(
    (name) => [name, "DATETIME"] as const,
  ),
  ["binary", "BINARY"],
  ["bytea", "BINARY"],
]);

/** Those of EXTRACT. */
export const fields: ReadonlySet<string> = new Set(
  "microsecond second minute hour day week month quarter year".split(" "),
);
