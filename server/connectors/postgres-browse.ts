import type pg from "pg";
import type { BrowseFilter, SourceTable, SourceTables } from "../../shared/database.ts";
import type { DatabaseAddress } from "./database-address.ts";
import { connectPostgres, describeFault } from "./postgres-connection.ts";

/** The tables and views that the user may read, with their columns; the system's own left out. */
export function browsePostgres(
  address: DatabaseAddress,
  filter: BrowseFilter,
): Promise<SourceTables> {
  return withPostgres(address, async (client) => {
    const { rows } = await client.query<SourceTable & { approximateRows: string | null }>(
      `select n.nspname as schema, c.relname as name,
         case when c.reltuples >= 0 then c.reltuples::bigint end as "approximateRows",
         (select json_agg(json_build_object('name', a.attname,
             'type', pg_catalog.format_type(a.atttypid, a.atttypmod)) order by a.attnum)
           from pg_catalog.pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
         (select a.attname from pg_catalog.pg_index i join pg_catalog.pg_attribute a
             on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
           where i.indrelid = c.oid and i.indisprimary and i.indnkeyatts = 1
             and a.atttypid in ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
         ) as "idColumn"
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
         and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
         and pg_catalog.has_schema_privilege(n.oid, 'usage')
         and pg_catalog.has_any_column_privilege(c.oid, 'select')
         and pg_catalog.strpos(pg_catalog.lower(n.nspname || '.' || c.relname), pg_catalog.lower($1)) > 0
       order by 1, 2 limit $2 offset $3`,
      [filter.search, filter.limit + 1, filter.offset],
    );
    const tables = rows.slice(0, filter.limit).map((row) => ({
      ...row,
      approximateRows: row.approximateRows === null ? null : Number(row.approximateRows),
      columns: row.columns ?? [],
    }));
    return { tables, hasMore: rows.length > filter.limit };
  });
}

/** A connection that only reads, for short questions. */
export async function withPostgres<T>(
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
