import type pg from "pg";
import { quoteName, quoteText } from "../../shared/sql-quotes.ts";
import type { SharedSnapshot, SourceExtent, SourceIds } from "./source.ts";

/*
 * One table read by several connections, each a range of pages or of ids, as if by one.
 *
 * All see the same rows: they import the snapshot that the first one exports. A snapshot is a list of
 * transactions and no copy of the rows. Those who write the table anew (TRUNCATE, most of ALTER TABLE)
 * leave nothing behind of what it shows; the first connection keeps them off by its lock on the table,
 * from before its snapshot to the end of its transaction. The others lock the table too, so that a
 * waiting ALTER TABLE is found out at the start: who comes after it waits behind it, and it waits for
 * the first connection. They do not stand in that queue for long, and leave the part to the first one.
 *
 * A range of pages (`ctid`) is what a sequential reading has of them, without an index, and costs as much.
 * A row that the snapshot shows does not move: what changes it, or cleans up, leaves it where it is. Only
 * tables of PostgreSQL's own kind have pages, and before 14 it reads all of them for each range.
 *
 * Cuts of ids are any values: what is below the first, between two, above the last and NULL is all there
 * is. They are taken from a sample of pages, which knows of gaps and of ids of which one half is new,
 * and needs no statistics.
 */

/** How long another connection waits for its lock. */
const joinSeconds = 5;
/** Enough for 64 parts of which the largest has twice the rows of the smallest. */
const samplePages = 600;
const pageBytes = 8192;

interface Relation {
  oid: number;
  schema: string;
  name: string;
  kind: string;
}

/** Of these a sample of pages can be taken. */
const sampled = new Set(["r", "p", "m"]);

export async function measureTable(
  client: pg.Client,
  relation: Relation,
  preferred: string | null,
): Promise<SourceExtent | null> {
  if (!sampled.has(relation.kind)) return null;
  const { rows } = await client.query<SourceExtent>(
    `with recursive family(oid) as (
       select $1::oid union select i.inhrelid from family f join pg_catalog.pg_inherits i on i.inhparent = f.oid
     ), ids as (
       select pg_catalog.json_build_object('column', a.attname, 'isNullable', not a.attnotnull) as ids
       from pg_catalog.pg_index i
       join pg_catalog.pg_class x on x.oid = i.indexrelid
       join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
       join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
       where i.indrelid = $1 and i.indisvalid and i.indpred is null
         and pg_catalog.format_type(a.atttypid, null) in ('smallint', 'integer', 'bigint')
         and pg_catalog.has_column_privilege(i.indrelid, a.attnum, 'select')
       order by a.attname = $2 desc nulls last, i.indisprimary desc, i.indisunique desc, a.attnum
       limit 1
     )
     select coalesce(sum(pg_catalog.pg_table_size(c.oid)), 0)::float8 as bytes,
       nullif(sum(greatest(c.reltuples, 0)), 0)::float8 as rows,
       case when pg_catalog.current_setting('server_version_num')::int >= 140000
           and bool_and(c.relkind = 'p' or (c.relkind in ('r', 'm') and m.amname = 'heap'))
         then pg_catalog.array_agg(pg_catalog.pg_relation_size(c.oid)::float8
           / pg_catalog.current_setting('block_size')::int) end as pages,
       (select ids from ids) as ids
     from family join pg_catalog.pg_class c using (oid) left join pg_catalog.pg_am m on m.oid = c.relam`,
    [relation.oid, preferred],
  );
  const [extent] = rows;
  return extent?.pages || extent?.ids ? extent : null;
}

export async function cutRows(
  client: pg.Client,
  relation: Relation,
  { bytes }: SourceExtent,
  { column, above, parts }: Pick<SourceIds, "column"> & { above: string | null; parts: number },
): Promise<string[]> {
  const id = quoteName(column);
  const percent = Math.min(100, (100 * samplePages * pageBytes) / Math.max(1, bytes));
  const places = Array.from({ length: parts - 1 }, (_, at) => (at + 1) / parts);
  const { rows } = await client.query<{ cuts: string[] | null }>(
    `select (pg_catalog.percentile_disc($1::float8[]) within group (order by ${id}))::text[] as cuts
     from ${nameOf(relation)} tablesample system (${percent.toFixed(6)})
     where ${id} is not null and ($2::bigint is null or ${id} > $2::bigint)`,
    [places, above],
  );
  return [...new Set(rows[0]?.cuts ?? [])];
}

export async function shareSnapshot(client: pg.Client): Promise<SharedSnapshot> {
  const server = await serverOf(client);
  const { rows } = await client.query<{ snapshot: string }>(
    "select pg_catalog.pg_export_snapshot() as snapshot",
  );
  return { snapshot: rows[0]?.snapshot ?? "", server };
}

/** A server behind the same address that is another one has another start. */
async function serverOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ server: string }>(
    "select extract(epoch from pg_catalog.pg_postmaster_start_time())::text as server",
  );
  return rows[0]?.server ?? "";
}

/** Gone, exported in another database, of a transaction that has ended; or the lock is not to be had. */
const refusals = new Set(["22023", "42704", "0A000", "55000", "55P03"]);

export async function joinSnapshot(
  client: pg.Client,
  shared: SharedSnapshot,
  table: { schema: string; name: string },
): Promise<boolean> {
  if ((await serverOf(client)) !== shared.server) return false;
  await client.query("begin isolation level repeatable read read only");
  try {
    await client.query(`set local lock_timeout = '${joinSeconds}s'`);
    await client.query(`set transaction snapshot ${quoteText(shared.snapshot)}`);
    await client.query(`select from ${nameOf(table)} limit 0`);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (refusals.has(code)) return false;
    throw error;
  }
}

/** A transaction that was ended, or whose connection broke, answers with an error. */
export async function confirmSnapshot(client: pg.Client): Promise<void> {
  await client.query("select");
}

function nameOf({ schema, name }: { schema: string; name: string }): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}
