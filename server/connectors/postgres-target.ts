import type pg from "pg";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import type { DatabaseAddress } from "./database-address.ts";
import type { ExportDone, ExportWork } from "./export-work.ts";
import { connectPostgres } from "./postgres-connection.ts";
import { copyIn } from "./postgres-copy-in.ts";
import { describeTargetFault } from "./postgres-target-faults.ts";
import { createTable } from "./postgres-target-like.ts";
import { alreadyAppended, makeMarker, noteAppended } from "./postgres-target-marker.ts";
import { replaceBySwap } from "./postgres-target-swap.ts";
import {
  findSchema,
  matchColumns,
  type PostgresTarget,
  readTarget,
} from "./postgres-target-table.ts";
import { columnFor, keyNames, type WrittenColumn } from "./target-columns.ts";

/*
 * A PostgreSQL that is exported to: one connection, one transaction, one export.
 *
 *   replace   a new table beside, swapped in (postgres-target-swap.ts); where something holds fast to
 *             the old one: DELETE and COPY in the old one, which readers see as it was until the commit
 *   append    COPY into the table, and in the same transaction a line in `maestro_exports`, so that an
 *             attempt after one that was killed between commit and settling adds nothing again
 *   upsert    COPY into a temporary table, checked, then INSERT … ON CONFLICT DO UPDATE
 *
 * A crash at any point before the commit leaves nothing; after it, the next attempt does the same again
 * or, for an append, nothing. An earlier attempt that still runs is ended first: all attempts of a
 * table's exports are sessions of one name.
 */

const pins = [
  "standard_conforming_strings = on",
  "client_encoding = 'UTF8'",
  "datestyle = 'ISO, YMD'",
  "intervalstyle = 'postgres'",
  "timezone = 'UTC'",
  "bytea_output = 'hex'",
  "xmloption = 'content'",
  "default_transaction_read_only = off",
  "statement_timeout = 0",
  "idle_in_transaction_session_timeout = 0",
  "lock_timeout = '10s'",
];

export async function exportToPostgres(
  address: DatabaseAddress,
  work: ExportWork,
): Promise<ExportDone> {
  const applicationName = `maestro export ${work.claim.exporter}`;
  const client = await connectPostgres(address, applicationName);
  const stop = () => client.connection.stream.destroy();
  work.signal.addEventListener("abort", stop, { once: true });
  try {
    work.signal.throwIfAborted();
    await client.query(pins.map((pin) => `set ${pin}`).join("; "));
    // A statement that runs when this side goes away ends within a second; before 14 it runs on.
    await client.query("set client_connection_check_interval = '1s'").catch(() => undefined);
    await endEarlierAttempts(client, applicationName);
    const { name } = work.table;
    const schema = await findSchema(client, work.table);
    await client.query("set search_path = pg_catalog");
    if (work.mode === "append") await makeMarker(client, schema);
    await client.query("begin");
    const done = await write(client, work, { schema, name });
    await client.query("commit");
    return done;
  } catch (error) {
    work.signal.throwIfAborted();
    throw describeTargetFault(error, address, work);
  } finally {
    work.signal.removeEventListener("abort", stop);
    await client.end().catch(() => undefined);
  }
}

async function endEarlierAttempts(client: pg.Client, applicationName: string): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid), pg_sleep(0.05) from pg_stat_activity
       where application_name = $1 and usename = current_user and datname = current_database()
         and pid <> pg_backend_pid()`,
      [applicationName],
    );
    if (rowCount === 0) return;
  }
}

function write(
  client: pg.Client,
  work: ExportWork,
  place: { schema: string; name: string },
): Promise<ExportDone> {
  switch (work.mode) {
    case "replace":
      return replace(client, work, place);
    case "append":
      return append(client, work, place);
    case "upsert":
      return upsert(client, work, place);
  }
}

async function replace(
  client: pg.Client,
  work: ExportWork,
  place: { schema: string; name: string },
): Promise<ExportDone> {
  const target = await readTarget(client, place.schema, place.name);
  if (!target || target.holdfasts.length === 0) {
    return { ...(await replaceBySwap(client, work, { ...place, target })), notes: [] };
  }
  const table = quoted(place);
  const columns = matchColumns(target, work.fields);
  await refuseCascades(client, target);
  // Readers go on; who writes waits for the commit.
  await client.query(`lock table ${table} in share row exclusive mode`);
  await client.query("set constraints all deferred");
  await client.query(`delete from ${table}`);
  const done = await copyIn(client, work, { table, columns, isNew: false });
  await work.confirm();
  const why = `${table} was written in place, not swapped, because of ${target.holdfasts.join(", ")}`;
  return { ...done, notes: [why] };
}

/** A DELETE of the old rows must touch no other table, and must not be refused half-way. */
async function refuseCascades(client: pg.Client, target: PostgresTarget): Promise<void> {
  const { rows } = await client.query<{ name: string; table: string }>(
    `select conname as name, conrelid::regclass::text as table from pg_constraint
     where contype = 'f' and confrelid = $1::oid and conrelid <> confrelid
       and not (confdeltype = 'a' and condeferrable)`,
    [target.oid],
  );
  const [key] = rows;
  if (!key) return;
  throw new MaestroError(
    "database",
    `the foreign key ${key.name} of ${key.table} points at ${quoted(target)}, whose rows a replace deletes: export by upsert, or make the key DEFERRABLE with ON DELETE NO ACTION`,
  );
}

async function append(
  client: pg.Client,
  work: ExportWork,
  place: { schema: string; name: string },
): Promise<ExportDone> {
  const table = quoted(place);
  const before = await alreadyAppended(client, work, place);
  if (before !== null) {
    const notes = [`${table} had its ${before} rows of this run already`];
    return { rows: before, bytes: 0, statement: "", notes };
  }
  const target = await readTarget(client, place.schema, place.name);
  const columns = target
    ? matchColumns(target, work.fields)
    : await createTable(client, work, table, []);
  const done = await copyIn(client, work, { table, columns, isNew: false });
  await noteAppended(client, work, place, done.rows);
  await work.confirm();
  return { ...done, notes: [] };
}

async function upsert(
  client: pg.Client,
  work: ExportWork,
  place: { schema: string; name: string },
): Promise<ExportDone> {
  const table = quoted(place);
  const target = await readTarget(client, place.schema, place.name);
  const named = keyNames(work.keys, work.fields);
  let columns: WrittenColumn[];
  let keys = named;
  if (target) {
    columns = matchColumns(target, work.fields);
    keys = named.map((key) => columnFor(target.columns, key)?.name ?? key);
    await requireUnique(client, target, keys);
    refuseUpdates(target, columns, keys);
  } else columns = await createTable(client, work, table, named);
  const list = columns.map((column) => quoteName(column.name)).join(", ");
  const key = keys.map(quoteName).join(", ");
  await client.query(
    `create temporary table maestro_rows on commit drop as select ${list} from ${table} with no data`,
  );
  const done = await copyIn(client, work, { table: "pg_temp.maestro_rows", columns, isNew: false });
  await client.query("analyze pg_temp.maestro_rows");
  await refuseKeys(client, keys);
  const others = columns.filter((column) => !keys.includes(column.name));
  const sets = others.map(({ name }) => `${quoteName(name)} = excluded.${quoteName(name)}`);
  const action = sets.length === 0 ? "nothing" : `update set ${sets.join(", ")}`;
  const statement = `insert into ${table} (${list}) overriding system value select ${list} from pg_temp.maestro_rows on conflict (${key}) do ${action}`;
  await client.query(statement);
  await work.confirm();
  return { ...done, statement, notes: [] };
}

function refuseUpdates(target: PostgresTarget, columns: WrittenColumn[], keys: string[]): void {
  const isChanged = ({ name }: { name: string }) =>
    columns.some((column) => column.name === name) && !keys.includes(name);
  const own = target.columns.find((column) => column.isAlwaysOwn && isChanged(column));
  if (!own) return;
  throw new MaestroError(
    "database",
    `the column ${own.name} of ${quoted(target)} is GENERATED ALWAYS AS IDENTITY, which no upsert can change: leave it out of the query, or alter table ${quoted(target)} alter column ${quoteName(own.name)} set generated by default`,
  );
}

async function requireUnique(
  client: pg.Client,
  target: PostgresTarget,
  keys: string[],
): Promise<void> {
  const { rowCount } = await client.query(
    `select from pg_index i where i.indrelid = $1::oid and i.indisunique and i.indisvalid
       and i.indimmediate and i.indpred is null and i.indexprs is null
       and (select array_agg(a.attname::text order by a.attname) from pg_attribute a
         where a.attrelid = i.indrelid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1]))
         = (select array_agg(k order by k) from unnest($2::text[] collate "C") k)`,
    [target.oid, keys],
  );
  if (rowCount) return;
  const list = keys.map(quoteName).join(", ");
  throw new MaestroError(
    "database",
    `${quoted(target)} has no unique index on exactly (${list}): alter table ${quoted(target)} add unique (${list})`,
  );
}

async function refuseKeys(client: pg.Client, keys: string[]): Promise<void> {
  const list = keys.map(quoteName).join(", ");
  const shown = `concat_ws(', ', ${keys.map((key) => `coalesce(left(${quoteName(key)}::text, 100), 'NULL')`).join(", ")})`;
  const nulls = keys.map((key) => `${quoteName(key)} is null`).join(" or ");
  const { rows: lacking } = await client.query<{ shown: string }>(
    `select ${shown} as shown from pg_temp.maestro_rows where ${nulls} limit 1`,
  );
  if (lacking[0]) {
    throw new MaestroError(
      "database",
      `a row has no value for the key (${list}): it holds (${lacking[0].shown}); take such rows out in the query`,
    );
  }
  const { rows: twice } = await client.query<{ shown: string; times: string }>(
    `select ${shown} as shown, count(*) as times from pg_temp.maestro_rows
     group by ${list} having count(*) > 1 limit 1`,
  );
  if (!twice[0]) return;
  throw new MaestroError(
    "database",
    `${twice[0].times} rows have the key (${twice[0].shown}): make (${list}) unique in the query, or name other keys`,
  );
}

function quoted({ schema, name }: { schema: string; name: string }): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}
