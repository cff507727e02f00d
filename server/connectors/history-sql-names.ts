/*
 * All that a query of the history may name. No function is here that reads or changes anything beside
 * its arguments, that waits, or whose result can be much longer than they are.
 */

const words = (text: string) => new Set(text.split(/\s+/));

export const aggregates = words(`count sum avg min max stddev variance bool_and bool_or corr
  percentile_cont percentile_disc mode row_number rank dense_rank percent_rank cume_dist ntile
  lag lead first_value last_value`);

export const functions = words(`abs ceil ceiling floor round sign sqrt ln log mod
  coalesce nullif greatest least
  lower upper length left right trim ltrim rtrim substr strpos split_part starts_with concat
  date_trunc date_part age to_char now`);

export const keywords = words("current_date current_timestamp");

export const operators = new Set(
  `OR;AND;IN;NOT IN;LIKE;NOT LIKE;ILIKE;NOT ILIKE;=;!=;>;>=;<;<=;||;+;-;*;/;%;AT TIME ZONE`.split(
    ";",
  ),
);

export const unaries = new Set(
  "+;-;NOT;IS NULL;IS NOT NULL;IS TRUE;IS FALSE;IS NOT TRUE;IS NOT FALSE".split(";"),
);

/** As they are written, and as they are printed. */
export const types = new Map(
  [
    ["int", "int"],
    ["integer", "int"],
    ["int4", "int"],
    ["bigint", "bigint"],
    ["int8", "bigint"],
    ["numeric", "numeric"],
    ["decimal", "numeric"],
    ["float", "float8"],
    ["float8", "float8"],
    ["double precision", "float8"],
    ["real", "float4"],
    ["text", "text"],
    ["varchar", "text"],
    ["boolean", "boolean"],
    ["bool", "boolean"],
    ["date", "date"],
    ["timestamp", "timestamp"],
    ["timestamptz", "timestamptz"],
    ["timestamp with time zone", "timestamptz"],
    ["interval", "interval"],
  ].map(([written = "", printed = ""]): [string, string] => [written, printed]),
);
