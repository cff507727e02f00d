/**
 * Settings that the compiled SQL counts on; they belong to the database, so once at open is enough,
 * before `lock_configuration`. `registerFunctions` adds the functions.
 */
export function prelude(): string[] {
  return [
    "SET GLOBAL TimeZone = 'UTC'",
    "SET GLOBAL default_null_order = 'nulls_first_on_asc_last_on_desc'",
    "SET GLOBAL ieee_floating_point_ops = true",
    "SET GLOBAL preserve_insertion_order = true",
  ];
}
