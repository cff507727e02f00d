import type { databases } from "../../../drizzle/schema/tables.ts";
import type { PostgresAddress } from "../../connectors/postgres-connection.ts";
import type { Deps } from "../deps.ts";

/** What a sealed password is bound to. */
export function passwordRow(databaseId: number): string {
  return `databases/${databaseId}/password`;
}

/** Where a database is, with its password opened. */
export function databaseAddress(
  deps: Pick<Deps, "secretBox">,
  row: typeof databases.$inferSelect,
): PostgresAddress {
  return {
    host: row.host,
    port: row.port,
    database: row.database,
    username: row.username,
    password: row.password ? deps.secretBox.open(row.password, passwordRow(row.id)) : "",
  };
}
