import { type SQL, sql } from "drizzle-orm";

/** An instant column as an ISO string in UTC, as the API answers it. */
export function isoText(column: SQL | string): SQL {
  const name = typeof column === "string" ? sql.raw(column) : column;
  return sql`to_char(${name} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** PostgreSQL's array of bigint from numbers, as one parameter. */
export function idArray(ids: readonly number[]): SQL {
  return sql`${`{${ids.join(",")}}`}::bigint[]`;
}
