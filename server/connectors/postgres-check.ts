import { TLSSocket } from "node:tls";
import type pg from "pg";
import type { ConnectionFacts } from "./connection-facts.ts";
import type { DatabaseAddress } from "./database-address.ts";
import { withPostgres } from "./postgres-browse.ts";

/** Connects, and looks what the user may do there. Throws `database` errors that say what is wrong. */
export function checkPostgres(address: DatabaseAddress): Promise<ConnectionFacts> {
  return withPostgres(address, async (client) => ({
    version: await readVersion(client),
    encryption:
      client.connection.stream instanceof TLSSocket ? client.connection.stream.getProtocol() : null,
    ...(await countTables(client)),
    missingToWrite: await findMissing(client, address.username),
  }));
}

async function readVersion(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ version: string }>(
    "select 'PostgreSQL ' || current_setting('server_version') as version",
  );
  return rows[0]?.version ?? "PostgreSQL";
}

async function countTables(
  client: pg.Client,
): Promise<Pick<ConnectionFacts, "tables" | "readable">> {
  const { rows } = await client.query<{ tables: number; readable: number }>(
    `select count(*)::int as tables, count(*) filter (
       where pg_catalog.has_schema_privilege(n.oid, 'usage')
         and pg_catalog.has_any_column_privilege(c.oid, 'select'))::int as readable
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
       and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'`,
  );
  return rows[0] ?? { tables: 0, readable: 0 };
}

/** An export makes its table in a schema: one that it may make tables in is enough. */
async function findMissing(client: pg.Client, username: string): Promise<string | null> {
  const { rows } = await client.query(
    `select from pg_catalog.pg_namespace n
     where n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
       and pg_catalog.has_schema_privilege(n.oid, 'create') limit 1`,
  );
  return rows.length > 0
    ? null
    : `${username} may make tables in no schema: grant create, usage on schema … to ${username}`;
}
