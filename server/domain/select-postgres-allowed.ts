/*
 * What an import's SQL may use of PostgreSQL: things that depend on the row alone, change nothing,
 * read nothing else, and cost about as much as the row is long. No aggregate, no window, nothing
 * that sleeps, locks, reads files or settings, or makes a long value of a short one (`repeat`, `lpad`).
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

export const binaryOperators: ReadonlySet<string> = new Set([
  ...["AND", "OR", "IN", "NOT IN", "LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE", "AT TIME ZONE"],
  ...["=", "!=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||"],
  ...["->", "->>", "#>>", "@>", "<@", "?", "?|", "?&", "&&"],
]);

const plainFunctions = [
  // Text
  "lower upper initcap length char_length character_length octet_length bit_length ascii chr",
  "ltrim rtrim btrim left right substr substring replace translate reverse strpos split_part",
  "starts_with concat concat_ws quote_literal to_hex md5 sha224 sha256 sha384 sha512",
  "encode decode convert_from convert_to regexp_replace regexp_match",
  // Numbers
  "abs ceil ceiling floor round trunc sign sqrt cbrt power exp ln log log10 div mod gcd lcm",
  "degrees radians sin cos tan asin acos atan atan2 width_bucket scale min_scale trim_scale",
  // Instants
  "now transaction_timestamp date_trunc date_part date_bin age to_char to_date to_timestamp",
  "to_number make_date make_time make_timestamp make_timestamptz make_interval timezone isfinite",
  "justify_days justify_hours justify_interval",
  // JSON, arrays, ranges, addresses
  "to_json to_jsonb json_extract_path json_extract_path_text jsonb_extract_path",
  "jsonb_extract_path_text json_array_length jsonb_array_length json_typeof jsonb_typeof",
  "jsonb_strip_nulls json_strip_nulls array_to_json array_to_string string_to_array array_length",
  "array_upper array_lower array_ndims array_position array_remove array_append array_cat",
  "cardinality lower_inc upper_inc isempty host masklen family network",
];

/** As called → as printed. Those without a schema are grammar, which no function can shadow. */
export const functions: ReadonlyMap<string, string> = new Map([
  ...words(plainFunctions.join(" ")).map((name) => [name, `pg_catalog.${name}`] as const),
  ["trim", "pg_catalog.btrim"],
  ...words("coalesce nullif greatest least any all some").map(
    (name) => [name, name.toUpperCase()] as const,
  ),
]);

const sameTypes =
  "int2 int4 int8 float4 float8 numeric text varchar bool date time timetz timestamp timestamptz interval uuid json jsonb bytea inet cidr macaddr money";

/** As named by a cast → as printed. */
export const types: ReadonlyMap<string, string> = new Map([
  ...words(sameTypes).map((name) => [name, `pg_catalog.${name}`] as const),
  ["smallint", "pg_catalog.int2"],
  ["int", "pg_catalog.int4"],
  ["integer", "pg_catalog.int4"],
  ["bigint", "pg_catalog.int8"],
  ["real", "pg_catalog.float4"],
  ["float", "float"],
  ["double precision", "pg_catalog.float8"],
  ["decimal", "pg_catalog.numeric"],
  ["dec", "pg_catalog.numeric"],
  ["boolean", "pg_catalog.bool"],
  // Grammar, because a bare char is char(1), which no name in pg_catalog says.
  ["char", "character"],
  ["character", "character"],
  ["character varying", "pg_catalog.varchar"],
  ["timestamp with time zone", "pg_catalog.timestamptz"],
  ["timestamp without time zone", "pg_catalog.timestamp"],
  ["time with time zone", "pg_catalog.timetz"],
  ["time without time zone", "pg_catalog.time"],
]);

function words(list: string): string[] {
  return list.split(" ");
}
