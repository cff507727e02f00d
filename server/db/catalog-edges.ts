import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";

/**
 * The catalog's edges, found by joining what tables read with what is catalogued, so that a table
 * catalogued later becomes a parent of its readers at once.
 *
 * An exact name matches one table, a wildcard every table of its dataset whose name begins with its
 * prefix. A table is never its own parent. An ignored name takes away every parent that it matches,
 * however else the reader names it. Deleted tables are neither parents nor children.
 *
 * `offset 0` keeps PostgreSQL to this way through the join: from each name to the tables that it
 * stands for, by their index. Of tables that were never analyzed it takes one in 200 to be undeleted,
 * and would walk all names of a dataset for each of its tables: minutes for 10,000 tables.
 */
function edgesWhere(references: SQL): SQL {
  const readerStands = sql`exists (
    select from tables c where c.id = r.table_id and c.deleted_at is null)`;
  const which = sql`${references} and ${readerStands}`;
  return sql`${exactEdges(which)} union ${wildcardEdges(which)}`;
}

function exactEdges(which: SQL): SQL {
  const isMeant = sql`p.dataset_id = d.id and p.name = r.name`;
  return edgesTo(isMeant, sql`${which} and not r.is_wildcard`);
}

/** By the index `tables_prefix`, whatever the dataset, which is compared only then. */
function wildcardEdges(which: SQL): SQL {
  return edgesTo(sql`p.name ^@ r.name`, sql`${which} and r.is_wildcard and p.dataset_id = d.id`);
}

function edgesTo(isMeant: SQL, which: SQL): SQL {
  return sql`
    select p.id as parent, r.table_id as child
    from table_references r
    join datasets d on d.name = r.dataset
    cross join lateral (
      select p.id, p.dataset_id, p.name from tables p
      where ${isMeant} and p.deleted_at is null and p.id <> r.table_id
      offset 0
    ) p
    where ${which} and not r.ignored and not exists (
      select from table_references i
      where i.table_id = r.table_id and i.ignored and case
        when i.dataset is distinct from d.name then false
        when i.is_wildcard then starts_with(p.name, i.name)
        else i.name = p.name end)`;
}

/** All edges, as a subquery with the columns `parent` and `child`. */
export const allEdges = edgesWhere(sql`true`);

/** The edges into one table. */
export function edgesInto(tableId: number | SQL): SQL {
  return edgesWhere(sql`r.table_id = ${tableId}`);
}

/** The edges out of one table: of its readers by exact name and by wildcard. */
export function edgesOutOf(tableId: number): SQL {
  return sql`
    select e.parent, e.child from (${edgesWhere(sql`r.table_id in (
      select r2.table_id from tables t
      join datasets d2 on d2.id = t.dataset_id
      join table_references r2 on r2.dataset = d2.name
        and case when r2.is_wildcard then starts_with(t.name, r2.name) else r2.name = t.name end
      where t.id = ${tableId})`)}) e
    where e.parent = ${tableId}`;
}

export async function selectEdges(db: Db): Promise<[parentId: number, childId: number][]> {
  const { rows } = await db.execute<{ parent: number; child: number }>(
    sql`select parent::float8 as parent, child::float8 as child from (${allEdges}) e`,
  );
  return rows.map(({ parent, child }) => [parent, child]);
}

export async function selectParentIds(db: Db, tableId: number): Promise<number[]> {
  const { rows } = await db.execute<{ id: number }>(
    sql`select parent::float8 as id from (${edgesInto(tableId)}) e order by 1`,
  );
  return rows.map(({ id }) => id);
}

export async function selectChildIds(db: Db, tableId: number): Promise<number[]> {
  const { rows } = await db.execute<{ id: number }>(
    sql`select child::float8 as id from (${edgesOutOf(tableId)}) e order by 1`,
  );
  return rows.map(({ id }) => id);
}

/** Who would read a table of this name, catalogued or not; ignored names do not count. */
export async function selectReadersOfName(
  db: Db,
  dataset: string,
  name: string,
): Promise<number[]> {
  const matches = sql`r.dataset = ${dataset}
    and case when r.is_wildcard then starts_with(${name}, r.name) else r.name = ${name} end`;
  const { rows } = await db.execute<{ id: number }>(sql`
    select r.table_id::float8 as id
    from table_references r
    join tables c on c.id = r.table_id and c.deleted_at is null
    where ${matches}
    group by r.table_id
    having not bool_or(r.ignored)`);
  return rows.map(({ id }) => id);
}

/** The names of the tables that read a table by its own name, unless they ignore it. */
export async function selectExactReaders(db: Db, tableId: number): Promise<string[]> {
  const { rows } = await db.execute<{ name: string }>(sql`
    select cd.name || '.' || c.name as name
    from (${edgesOutOf(tableId)}) e
    join tables t on t.id = e.parent
    join datasets d on d.id = t.dataset_id
    join table_references r
      on r.table_id = e.child and r.dataset = d.name and r.name = t.name and not r.is_wildcard
    join tables c on c.id = e.child
    join datasets cd on cd.id = c.dataset_id
    order by 1`);
  return rows.map(({ name }) => name);
}

/**
 * Whether a table is an ancestor of itself. One that nobody reads is none; else this climbs from it,
 * so that only its ancestors are read.
 */
export async function isOwnAncestor(db: Db, tableId: number): Promise<boolean> {
  const above = sql`r.table_id = a.id`;
  const { rows } = await db.execute(sql`
    with recursive ancestors(id) as (
      select parent from (${edgesInto(tableId)}) e
      where exists (${edgesOutOf(tableId)})
      union
      select e.parent
      from ancestors a
      cross join lateral (${exactEdges(above)} union all ${wildcardEdges(above)}) e
    )
    select 1 from ancestors where id = ${tableId} limit 1`);
  return rows.length > 0;
}

/** The catalogued tables that names stand for; more than one for a wildcard. */
export async function matchNames(
  db: Db,
  names: { dataset: string | null; name: string; isWildcard: boolean }[],
): Promise<{ index: number; id: number; name: string }[]> {
  if (names.length === 0) return [];
  const { rows } = await db.execute<{ index: number; id: number; name: string }>(sql`
    select n.index::int as index, p.id::float8 as id, d.name || '.' || p.name as name
    from jsonb_to_recordset(${JSON.stringify(names.map((name, index) => ({ index, ...name })))}::jsonb)
      as n(index int, dataset text, name text, "isWildcard" boolean)
    join datasets d on d.name = n.dataset
    join tables p on p.dataset_id = d.id and p.deleted_at is null
      and case when n."isWildcard" then starts_with(p.name, n.name) else p.name = n.name end
    order by 1, 3`);
  return rows;
}
