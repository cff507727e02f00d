import { fill, quoteString, type Typed } from "../types/typed.ts";
import { duckType } from "../types/types.ts";

/** What leaves the query: an absent ARRAY is an empty one, and one with a NULL in it is an error. */
export function outputSql(value: Typed, label: string): string {
  if (value.type.kind !== "ARRAY") return value.sql;
  return fill(
    `CASE WHEN $1 IS NULL THEN CAST([] AS ${duckType(value.type)}) WHEN len(list_filter($1, lambda _e: _e IS NULL)) > 0 THEN error('Array cannot have a null element; error in writing field ' || $2) ELSE $1 END`,
    [value.sql, quoteString(label)],
  );
}
