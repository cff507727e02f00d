import { SQLDialect } from "@codemirror/lang-sql";

const keywords = `all and any array as asc assert_rows_modified at between by case cast collate
contains create cross cube current default define desc distinct else end enum escape except exclude
exists extract false fetch following for from full group grouping groups hash having if ignore in
inner intersect interval into is join lateral left like limit lookup merge natural new no not null
nulls of on or order outer over partition preceding proto qualify range recursive respect right
rollup rows select set some struct tablesample then to treat true unbounded union unnest using when
where window with within begin declare call loop while do repeat until leave break continue iterate
return raise exception transaction commit rollback insert update delete values truncate drop alter
table view materialized function procedure replace temp temporary schema options cluster pivot
unpivot offset ordinal safe_offset safe_ordinal matched target source language returns aggregate`;

const types = `int64 integer int smallint bigint tinyint byteint float64 float numeric decimal
bignumeric bigdecimal bool boolean string bytes date datetime time timestamp geography json array
struct record`;

/** Functions that are both highlighted and completed. */
export const functions = `abs acos any_value approx_count_distinct approx_quantiles approx_top_count
array_agg array_concat array_concat_agg array_length array_reverse array_to_string asin atan atan2
avg bit_and bit_count bit_or bit_xor byte_length ceil ceiling char_length chr coalesce concat corr
cos count countif covar_pop covar_samp cume_dist current_date current_datetime current_time
current_timestamp date_add date_diff date_from_unix_date date_sub date_trunc datetime_add
datetime_diff datetime_sub datetime_trunc dense_rank div ends_with error exp farm_fingerprint
first_value floor format format_date format_datetime format_time format_timestamp from_base64
from_hex generate_array generate_date_array generate_timestamp_array generate_uuid greatest
hll_count.extract hll_count.init hll_count.merge ieee_divide ifnull initcap instr json_extract
json_extract_scalar json_query json_query_array json_value json_value_array lag last_day last_value
lead least left length ln log log10 logical_and logical_or lower lpad ltrim max max_by md5 min
min_by mod net.host net.reg_domain normalize nth_value ntile nullif parse_date parse_datetime
parse_json parse_numeric parse_time parse_timestamp percent_rank percentile_cont percentile_disc pow
power rand range_bucket rank regexp_contains regexp_extract regexp_extract_all regexp_instr
regexp_replace repeat replace reverse right round row_number rpad rtrim safe_add safe_cast
safe_divide safe_multiply safe_negate safe_subtract session_user sha1 sha256 sha512 sign sin split
sqrt st_area st_asgeojson st_astext st_contains st_distance st_dwithin st_geogfromtext st_geogpoint
st_intersects starts_with stddev stddev_pop stddev_samp string_agg strpos substr substring sum tan
timestamp_add timestamp_diff timestamp_micros timestamp_millis timestamp_seconds timestamp_sub
timestamp_trunc to_base64 to_hex to_json to_json_string translate trim trunc unix_date unix_micros
unix_millis unix_seconds upper var_pop var_samp variance`.split(/\s+/);

/** The dialect splits its words at single spaces. */
function oneLine(words: string): string {
  return words.split(/\s+/).join(" ");
}

/** GoogleSQL as BigQuery speaks it. */
export const bigQuery = SQLDialect.define({
  keywords: oneLine(keywords),
  types: oneLine(types),
  builtin: functions.join(" "),
  identifierQuotes: "`",
  doubleQuotedStrings: true,
  backslashEscapes: true,
  hashComments: true,
  caseInsensitiveIdentifiers: true,
  specialVar: "@?",
  operatorChars: "*+-%<>!=&|~^/",
});
