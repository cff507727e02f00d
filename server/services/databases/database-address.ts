import type { databases } from "../../../drizzle/schema/tables.ts";
import type { DatabaseAddress } from "../../connectors/database-address.ts";
import type { Deps } from "../deps.ts";

/** What a sealed password is bound to. */
export function passwordRow(databaseId: number): string {
  return `databases/${databaseId}/password`;
}

/** What a sealed key is bound to. */
export function tlsKeyRow(databaseId: number): string {
  return `databases/${databaseId}/tls-key`;
}

/** Where a database is, with its secrets opened. */
export function databaseAddress(
  deps: Pick<Deps, "secretBox">,
  row: typeof databases.$inferSelect,
): DatabaseAddress {
  const { kind, host, port, database, username, tlsMode, tlsCa, tlsCertificate } = row;
  const open = (sealed: Buffer | null, name: string) =>
    sealed ? deps.secretBox.open(sealed, name) : null;
  return {
    kind,
    host,
    port,
    database,
    username,
    password: open(row.password, passwordRow(row.id)) ?? "",
    tls: {
      mode: tlsMode,
      ca: tlsCa,
      certificate: tlsCertificate,
      key: open(row.tlsKey, tlsKeyRow(row.id)),
    },
  };
}
