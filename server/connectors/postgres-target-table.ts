import type pg from "pg";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { postgresEncoded } from "./postgres-binary.ts";
import { newType, type PostgresColumnType, postgresValue } from "./postgres-target-types.ts";
import { matchTarget, type WrittenColumn } from "./target-columns.ts";
import { checkedText } from "./target-value.ts";

/** A table that is exported to, as it is. */
export interface PostgresTarget {
  oid: string;
  schema: string;
  name: string;
  /** pg_class.relkind: r table, p partitioned; others are refused. */
  kind: string;
  columns: TargetColumn[];
  /** Why another table cannot take its place without anybody noticing; empty: it can. */
  holdfasts: string[];
}

export interface TargetColumn {
  name: string;
  type: PostgresColumnType;
  isNotNull: boolean;
  isGenerated: boolean;
  /** It has a default, or is an identity: a row may do without it. */
  fillsItself: boolean;
  /** GENERATED ALWAYS AS IDENTITY: new rows may bring a value, an update may not. */
  isAlwaysOwn: boolean;
}

/** The schema that the name is in, or would be made in. Throws `database` where there is none. */
export async function findSchema(
  client: pg.Client,
  table: { schema: string | null; name: string },
): Promise<string> {
  if (table.schema !== null) {
    const { rowCount } = await client.query("select from pg_namespace where nspname = $1", [
      table.schema,
    ]);
    if (rowCount) return table.schema;
    throw new MaestroError("database", `the database has no schema ${table.schema}: create it`);
  }
  const { rows } = await client.query<{ schema: string | null }>(
    `select coalesce((select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.oid = to_regclass($1)), current_schema()) as schema`,
    [quoteName(table.name)],
  );
  const schema = rows[0]?.schema;
  if (schema) return schema;
  throw new MaestroError(
    "database",
    `name the schema of ${table.name}: the role has none of its own`,
  );
}

export async function readTarget(
  client: pg.Client,
  schema: string,
  name: string,
): Promise<PostgresTarget | null> {
  const { rows } = await client.query<Omit<PostgresTarget, "columns" | "holdfasts">>(
    `select c.oid::text, n.nspname as schema, c.relname as name, c.relkind as kind
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2`,
    [schema, name],
  );
  const [found] = rows;
  if (!found) return null;
  if (found.kind !== "r" && found.kind !== "p") {
    throw new MaestroError(
      "database",
      `${schema}.${name} is no table: name another one, or drop what has the name`,
    );
  }
  const columns = await readColumns(client, found.oid);
  return { ...found, columns, holdfasts: await readHoldfasts(client, found.oid) };
}

/** As PostgresColumnType has it. Types of extensions are in any schema. */
function typeName(type: string): string {
  return `case when ${type}.typnamespace = 'pg_catalog'::regnamespace then ${type}.typname
    when ${type}.typtype = 'e' then 'enum'
    when exists (select from pg_depend d join pg_extension x on x.oid = d.refobjid
      where d.classid = 'pg_type'::regclass and d.objid = ${type}.oid and d.deptype = 'e'
        and d.refclassid = 'pg_extension'::regclass and (x.extname, ${type}.typname) in
          (('citext', 'citext'), ('postgis', 'geometry'), ('postgis', 'geography')))
    then ${type}.typname else '' end`;
}

async function readColumns(client: pg.Client, oid: string): Promise<TargetColumn[]> {
  const { rows } = await client.query<{
    name: string;
    isNotNull: boolean;
    isGenerated: boolean;
    fillsItself: boolean;
    isAlwaysOwn: boolean;
    type: string;
    modifier: number;
    sql: string;
    element: string | null;
    elementSql: string | null;
  }>(
    `with recursive made_of as (
       select a.attnum, a.atttypid as type, a.atttypmod as modifier
       from pg_attribute a where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped
       union all
       select m.attnum, t.typbasetype, t.typtypmod
       from made_of m join pg_type t on t.oid = m.type where t.typtype = 'd'
     )
     select a.attname as name, a.attnotnull as "isNotNull", a.attgenerated <> '' as "isGenerated",
       (a.atthasdef or a.attidentity <> '') and a.attgenerated = '' as "fillsItself",
       a.attidentity = 'a' as "isAlwaysOwn",
       ${typeName("t")} as type,
       m.modifier, format_type(m.type, m.modifier) as sql,
       case when e.oid is null then null else ${typeName("e")} end as element,
       case when e.oid is not null then format_type(e.oid, m.modifier) end as "elementSql"
     from made_of m
     join pg_attribute a on a.attrelid = $1::oid and a.attnum = m.attnum
     join pg_type t on t.oid = m.type and t.typtype <> 'd'
     left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
     order by a.attnum`,
    [oid],
  );
  return rows.map(({ type, modifier, sql, element, elementSql, ...column }) => ({
    ...column,
    type: {
      name: type,
      modifier,
      sql,
      element:
        element === null ? null : { name: element, modifier, sql: elementSql ?? "", element: null },
    },
  }));
}

/** All that would go on pointing at the old table, or that a new one would not have. */
async function readHoldfasts(client: pg.Client, oid: string): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(
    `select distinct what from (
       select case when d.classid = 'pg_rewrite'::regclass
           then (select 'view ' || r.ev_class::regclass::text from pg_rewrite r where r.oid = d.objid)
           else pg_describe_object(d.classid, d.objid, 0) end as what
       from pg_class c cross join lateral (
           select 'pg_class'::regclass as class, c.oid as object
           union all select 'pg_type'::regclass, t.oid from pg_type t
           where t.oid = c.reltype or t.typelem = c.reltype and c.reltype <> 0) own
         join pg_depend d on d.refclassid = own.class and d.refobjid = own.object
       where c.oid = $1::oid and d.deptype = 'n'
         and not (d.classid = 'pg_constraint'::regclass and exists (
           select from pg_constraint k
           where k.oid = d.objid and k.conrelid = c.oid and k.confrelid <> c.oid))
         and not (d.classid = 'pg_attrdef'::regclass and exists (
           select from pg_attrdef f where f.oid = d.objid and f.adrelid = c.oid))
         and not (d.classid = 'pg_class'::regclass and exists (
           select from pg_index i where i.indexrelid = d.objid and i.indrelid = c.oid))
       union all select 'trigger ' || tgname from pg_trigger where tgrelid = $1::oid and not tgisinternal
       union all select 'policy ' || polname from pg_policy where polrelid = $1::oid
       union all select 'row level security' from pg_class where oid = $1::oid and relrowsecurity
       union all select 'its partitions' from pg_class where oid = $1::oid and relkind = 'p'
       union all select 'inheritance' from pg_inherits where $1::oid in (inhrelid, inhparent)
       union all select 'publication ' || p.pubname from pg_publication_tables p
         join pg_class c on c.oid = $1::oid and c.relname = p.tablename
           and c.relnamespace = (select oid from pg_namespace where nspname = p.schemaname)
       union all select 'its owner ' || pg_get_userbyid(relowner) from pg_class
         where oid = $1::oid and not pg_has_role(relowner, 'usage')
       union all select 'its extension' from pg_depend
         where objid = $1::oid and classid = 'pg_class'::regclass and deptype = 'e'
     ) held where what is not null order by what`,
    [oid],
  );
  return rows.map((row) => row.what);
}

/** As `matchTarget`. */
export function matchColumns(target: PostgresTarget, fields: FieldSchema[]): WrittenColumn[] {
  return matchTarget<TargetColumn, WrittenColumn>(target, fields, {
    quoteName,
    newType,
    write: writeTo,
  });
}

/** Null where the column's type does not hold every value of the field. */
export function writeTo(
  column: { name: string; type: PostgresColumnType },
  field: FieldSchema,
  at: number,
): WrittenColumn | null {
  const value = postgresValue(field, column.type, `c${at}`);
  if (!value) return null;
  const expression = checkedText(field.name, `c${at}`, value);
  return { name: column.name, expression, encoded: postgresEncoded(field, column.type, at) };
}
