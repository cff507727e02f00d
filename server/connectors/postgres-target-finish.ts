import { isDeepStrictEqual } from "node:util";
import type pg from "pg";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName, quoteText } from "../../shared/sql-quotes.ts";
import type { PostgresTarget } from "./postgres-target-table.ts";

interface Index {
  name: string;
  definition: string;
  /** What the definition begins with, up to the table's name. */
  prefix: string;
  /** Of an exclusion constraint, which has no index of its own definition. */
  exclusion: string | null;
  /** `primary key` or `unique`, of the constraint that it belongs to. */
  constraint: string | null;
  deferral: string;
  comment: string | null;
  constraintComment: string | null;
}

/** What is to have another name once the old table is gone. */
export interface Rename {
  from: string;
  to: string;
}

interface Place {
  schema: string;
  name: string;
}

/** Indexes, constraints, comments, sequences, owner and grants; the names that are to change. */
export async function finishLike(
  client: pg.Client,
  target: PostgresTarget,
  beside: Place,
): Promise<Rename[]> {
  const table = `${quoteName(beside.schema)}.${quoteName(beside.name)}`;
  const { rows: kept } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [table],
  );
  const columns = kept.map((row) => row.name);
  const names = await makeIndexes(client, target, beside, columns);
  await makeForeignKeys(client, target, table, columns);
  await takeOverOwner(client, target, table);
  await takeOverSerials(client, target, table, columns);
  return names;
}

/** Those of columns that the new table has. Made after the rows, which is faster. */
async function makeIndexes(
  client: pg.Client,
  target: PostgresTarget,
  beside: Place,
  columns: string[],
): Promise<Rename[]> {
  const { rows } = await client.query<Index>(
    `select x.relname as name, pg_get_indexdef(i.indexrelid) as definition,
       format('CREATE %sINDEX %I ON %I.%I ', case when i.indisunique then 'UNIQUE ' else '' end,
         x.relname, n.nspname, c.relname) as prefix,
       case when k.contype = 'x' then pg_get_constraintdef(k.oid) end as exclusion,
       case k.contype when 'p' then 'primary key' when 'u' then 'unique' end as constraint,
       concat_ws(' ', case when k.condeferrable then 'deferrable' end,
         case when k.condeferred then 'initially deferred' end) as deferral,
       obj_description(i.indexrelid, 'pg_class') as comment,
       obj_description(k.oid, 'pg_constraint') as "constraintComment"
     from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
     join pg_namespace n on n.oid = c.relnamespace
     left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = c.oid
       and k.contype in ('p', 'u', 'x')
     where i.indrelid = $1::oid and i.indisvalid and not exists (
       select from pg_depend d join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
       where d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid > 0
         and (d.objid = i.indexrelid or d.objid = k.oid) and a.attname <> all($2::text[]))
     order by i.indexrelid`,
    [target.oid, columns],
  );
  const names: Rename[] = [];
  for (const [at, index] of rows.entries()) {
    const from = `${beside.name}_${at}`;
    await makeIndex(client, index, beside, from);
    names.push({ from, to: index.name });
  }
  return names;
}

async function makeIndex(
  client: pg.Client,
  index: Index,
  beside: Place,
  name: string,
): Promise<void> {
  const table = `${quoteName(beside.schema)}.${quoteName(beside.name)}`;
  const quoted = quoteName(name);
  if (index.exclusion === null) await makePlainIndex(client, index, table, quoted);
  else await client.query(`alter table ${table} add constraint ${quoted} ${index.exclusion}`);
  if (index.comment !== null) {
    const place = `${quoteName(beside.schema)}.${quoted}`;
    await client.query(`comment on index ${place} is ${quoteText(index.comment)}`);
  }
  if (index.constraintComment !== null) {
    const comment = quoteText(index.constraintComment);
    await client.query(`comment on constraint ${quoted} on ${table} is ${comment}`);
  }
}

async function makePlainIndex(
  client: pg.Client,
  index: Index,
  table: string,
  quoted: string,
): Promise<void> {
  if (!index.definition.startsWith(index.prefix)) {
    throw new MaestroError("internal", `the index ${index.name} reads as ${index.definition}`);
  }
  const rest = index.definition.slice(index.prefix.length);
  const unique = index.prefix.startsWith("CREATE UNIQUE") ? "unique" : "";
  await client.query(`create ${unique} index ${quoted} on ${table} ${rest}`);
  if (index.constraint === null) return;
  await client.query(
    `alter table ${table} add constraint ${quoted} ${index.constraint} using index ${quoted} ${index.deferral}`,
  );
}

async function makeForeignKeys(
  client: pg.Client,
  target: PostgresTarget,
  table: string,
  columns: string[],
): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string; comment: string | null }>(
    `select conname as name, pg_get_constraintdef(oid) as definition,
       obj_description(oid, 'pg_constraint') as comment
     from pg_constraint k where conrelid = $1::oid and contype = 'f' and not exists (
       select from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any(k.conkey)
         and a.attname <> all($2::text[])) order by conname`,
    [target.oid, columns],
  );
  for (const { name, definition, comment } of rows) {
    const quoted = quoteName(name);
    await client.query(`alter table ${table} add constraint ${quoted} ${definition}`);
    if (comment === null) continue;
    await client.query(`comment on constraint ${quoted} on ${table} is ${quoteText(comment)}`);
  }
}

interface Grant {
  grantee: string;
  privilege: string;
  isGrantable: boolean;
  column: string | null;
}

async function takeOverOwner(
  client: pg.Client,
  target: PostgresTarget,
  table: string,
): Promise<void> {
  const { rows } = await client.query<{ owner: string; isOther: boolean; comment: string | null }>(
    `select quote_ident(pg_get_userbyid(relowner)) as owner,
       relowner <> (select oid from pg_roles where rolname = current_user) as "isOther",
       obj_description(oid, 'pg_class') as comment from pg_class where oid = $1::oid`,
    [target.oid],
  );
  const { owner = "", isOther = false, comment = null } = rows[0] ?? {};
  if (comment !== null) await client.query(`comment on table ${table} is ${quoteText(comment)}`);
  const { rows: ids } = await client.query<{ oid: string }>(
    "select $1::regclass::oid::text as oid",
    [table],
  );
  const had = await readGrants(client, target.oid);
  const has = await readGrants(client, ids[0]?.oid ?? "0");
  if (!isDeepStrictEqual(had, has)) {
    for (const grantee of new Set(has.map((grant) => grant.grantee))) {
      await client.query(`revoke all on ${table} from ${grantee}`);
    }
    for (const { grantee, privilege, isGrantable, column } of had) {
      const columns = column === null ? "" : ` (${quoteName(column)})`;
      const option = isGrantable ? " with grant option" : "";
      await client.query(`grant ${privilege}${columns} on ${table} to ${grantee}${option}`);
    }
  }
  if (isOther) await client.query(`alter table ${table} owner to ${owner}`);
}

async function readGrants(client: pg.Client, oid: string): Promise<Grant[]> {
  const { rows } = await client.query<Grant>(
    `select case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee,
       a.privilege_type as privilege, a.is_grantable as "isGrantable", a.attname as column
     from (
       select x.*, null::name as attname, null as attrelid from pg_class c,
         aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x where c.oid = $1::oid
       union all
       select x.*, t.attname, null from pg_attribute t, aclexplode(t.attacl) x
       where t.attrelid = $1::oid and not t.attisdropped
     ) a order by grantee, attname nulls first, privilege`,
    [oid],
  );
  return rows;
}

/** A serial's sequence belongs to the new table from now on. */
async function takeOverSerials(
  client: pg.Client,
  target: PostgresTarget,
  table: string,
  columns: string[],
): Promise<void> {
  for (const { place, column } of await readSequences(client, target.oid, "a")) {
    if (!columns.includes(column)) continue;
    await client.query(`alter sequence ${place} owned by ${table}.${quoteName(column)}`);
  }
}

/** An identity of the new table goes on counting where that of the old one is, and takes its name. */
export async function takeOverIdentities(
  client: pg.Client,
  target: PostgresTarget,
  besideOid: string,
): Promise<Rename[]> {
  const made = await readSequences(client, besideOid, "i");
  const names: Rename[] = [];
  for (const { place, name, column } of await readSequences(client, target.oid, "i")) {
    const beside = made.find((each) => each.column === column);
    if (!beside) continue;
    await client.query(`select setval($1::regclass, last_value, is_called) from ${place}`, [
      beside.place,
    ]);
    names.push({ from: beside.name, to: name });
  }
  return names;
}

interface Sequence {
  /** With its schema, quoted. */
  place: string;
  name: string;
  column: string;
}

/** `dependence`: a of a serial, i of an identity. */
async function readSequences(
  client: pg.Client,
  oid: string,
  dependence: "a" | "i",
): Promise<Sequence[]> {
  const { rows } = await client.query<Sequence>(
    `select d.objid::regclass::text as place, s.relname as name, a.attname as column
     from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
     join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
     where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
       and d.refobjid = $1::oid and d.deptype = $2::"char"`,
    [oid, dependence],
  );
  return rows;
}
