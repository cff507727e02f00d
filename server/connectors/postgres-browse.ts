import type pg from "pg";
import type { SourceTable } from "../../shared/database.ts";
import type { DatabaseAddress } from "./database-address.ts";
import { connectPostgres, describeFault } from "./postgres-connection.ts";

/** More tables than this are not listed: the browser is for choosing one. */
const mostTables = 2_000;

/** The server's version, such as `PostgreSQL 18.4`. Throws `database` errors that say what is wrong. */
export function testPostgres(address: DatabaseAddress): Promise<string> {
  return withClient(address, async (client) => {
    const { rows } = await client.query<{ version: string }>(
      "select 'PostgreSQL ' || current_setting('server_version') as version",
    );
    return rows[0]?.version ?? "PostgreSQL";
  });
}

/** The tables and views that the user may read, with their columns; the system's own left out. */
export function browsePostgres(address: DatabaseAddress): Promise<SourceTable[]> {
  return withClient(address, async (client) => {
    const { rows } = await client.query<SourceTable & { approximateRows: string | null }>(
      `select n.nspname as schema, c.relname as name,
         case when c.reltuples >= 0 then c.reltuples::bigint end as "approximateRows",
         (select json_agg(json_build_object('name', a.attname,
             'type', pg_catalog.format_type(a.atttypid, a.atttypmod)) order by a.attnum)
           from pg_catalog.pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm', 'f')
         and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
         and pg_catalog.has_schema_privilege(n.oid, 'usage')
         and pg_catalog.has_any_column_privilege(c.oid, 'select')
       order by 1, 2 limit $1`,
      [mostTables],
    );
    return rows.map((row) => ({
      ...row,
      approximateRows: row.approximateRows === null ? null : Number(row.approximateRows),
      columns: row.columns ?? [],
    }));
  });
}

async function withClient<T>(
  address: DatabaseAddress,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connectPostgres(address, "maestro");
  try {
    await client.query("set default_transaction_read_only = on");
    await client.query("set statement_timeout = '20s'");
    return await work(client);
  } catch (error) {
    throw describeFault(error, address);
  } finally {
    await client.end().catch(() => undefined);
  }
}
