import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import { beginAfterLock } from "./postgres-snapshot.ts";

/*
 * The bound of an increment: an id such that no transaction that is open, or still to begin, can
 * commit a row with an id at or below it that the import does not see.
 *
 * A sequence gives ids before the rows are committed: one transaction may hold 5 uncommitted while
 * 6 is committed already. Reading up to 6 and setting the watermark there would lose 5 for ever. So:
 *
 *   1. bound := the highest id that is committed now.
 *   2. writers := the transactions that hold a lock on the table under which rows can be written, or
 *      on a sequence that its columns take their values from. Whoever took an id up to `bound` took
 *      such a lock before (a statement locks its table before it evaluates nextval, and nextval locks
 *      the sequence), and keeps it to its end; and a transaction is visible before its locks go. So
 *      each of them is among the writers, or visible to every snapshot taken from here on.
 *   3. Wait until all those writers have ended. Those that begin meanwhile are not waited for: their
 *      ids are above `bound`.
 *   4. The import's snapshot, opened after that, sees every row with an id up to `bound`.
 *
 * The table stands for its partitions and children too, and a view for the tables under it.
 *
 * What this asks of the source: ids come from a sequence or identity without CACHE (checked), or grow
 * in another way in which the writing transaction itself takes them; and rows are not given lower ids
 * by hand later. On a standby the locks of its primary cannot be seen; there the wait is for every
 * transaction that the snapshot knows to be open, which misses one that has taken an id and has not
 * yet written its first row at that instant.
 */

/** How long one import waits for writers before it fails and is tried again. */
const waitSeconds = 120;
const pollMs = 100;

const idTypes = new Set(["smallint", "integer", "bigint"]);

interface Relation {
  oid: number;
  schema: string;
  name: string;
  kind: string;
  columns: { name: string; type: string }[];
}

export async function safeBound(
  client: pg.Client,
  relation: Relation,
  column: string,
  above: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  const table = `${quoteName(relation.schema)}.${quoteName(relation.name)}`;
  checkColumn(relation, column);
  const written = await relationsWritten(client, relation.oid);
  await checkSequences(client, written, column);
  await checkNulls(client, table, column);
  await beginAfterLock(client, relation, "read committed");
  const { rows } = await client.query<{ bound: string | null }>(
    `select max(${quoteName(column)})::text as bound from ${table}
     where $1::bigint is null or ${quoteName(column)} > $1::bigint`,
    [above],
  );
  await client.query("rollback");
  const bound = rows[0]?.bound ?? null;
  if (bound === null) return null;
  const isStandby = await queryFlag(client, "select pg_catalog.pg_is_in_recovery() as flag");
  const remaining = isStandby
    ? await openTransactions(client)
    : await openWriters(client, written, null);
  await waitForEnd(
    remaining,
    async (open) => {
      signal.throwIfAborted();
      await delay(pollMs, undefined, { signal });
      return isStandby ? stillOpen(client, open) : openWriters(client, written, open);
    },
    table,
  );
  return bound;
}

function checkColumn(relation: Relation, column: string): void {
  const found = relation.columns.find(({ name }) => name === column);
  if (!found) {
    throw new MaestroError("invalidInput", `${relation.name} has no column ${column}`, {
      field: "idColumn",
    });
  }
  if (!idTypes.has(found.type)) {
    throw new MaestroError(
      "invalidInput",
      `the id column ${column} is ${found.type}; an increment needs smallint, integer or bigint, given by a sequence`,
      { field: "idColumn" },
    );
  }
  if (relation.kind === "f") {
    throw new MaestroError(
      "invalidInput",
      `${relation.name} is a foreign table: its writers cannot be seen; import it whole`,
      { field: "idColumn" },
    );
  }
}

/** The tables under a view, partitions, children, and the sequences that their columns take values from. */
async function relationsWritten(client: pg.Client, oid: number): Promise<string[]> {
  const { rows } = await client.query<{ oid: string }>(
    `with recursive related(oid) as (
       select $1::oid
       union
       select found.oid from related r, lateral (
         select d.refobjid as oid from pg_catalog.pg_rewrite w
         join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass
           and d.objid = w.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
         where w.ev_class = r.oid
         union all
         select inhrelid from pg_catalog.pg_inherits where inhparent = r.oid
         union all
         select d.objid from pg_catalog.pg_depend d
         join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
         where d.classid = 'pg_catalog.pg_class'::regclass
           and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = r.oid
         union all
         select d.refobjid from pg_catalog.pg_attrdef a
         join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::regclass
           and d.objid = a.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
         where a.adrelid = r.oid
       ) found
     )
     select oid::text from related`,
    [oid],
  );
  return rows.map((row) => row.oid);
}

async function checkSequences(client: pg.Client, oids: string[], column: string): Promise<void> {
  const { rows } = await client.query<{ name: string; cache: number; step: number }>(
    `select seqrelid::regclass::text as name, seqcache::float8 as cache, seqincrement::float8 as step
     from pg_catalog.pg_sequence
     where seqrelid = any($1::oid[]) and (seqcache > 1 or seqincrement <> 1 or seqcycle)`,
    [oids],
  );
  const [odd] = rows;
  if (!odd) return;
  const why =
    odd.cache > 1
      ? "has CACHE above 1: sessions give ids out of order"
      : odd.step < 0
        ? "counts down: new rows have lower ids"
        : odd.step > 1
          ? `counts by ${odd.step}: programs that give the ids between give them out of order`
          : "begins again at its end (CYCLE)";
  throw new MaestroError(
    "invalidInput",
    `the sequence ${odd.name} ${why}, and an increment by ${column} would lose rows; alter the sequence (CACHE 1, INCREMENT 1, NO CYCLE) or import the table whole`,
    { field: "idColumn" },
  );
}

async function checkNulls(client: pg.Client, table: string, column: string): Promise<void> {
  const hasNulls = await queryFlag(
    client,
    `select exists (select from ${table} where ${quoteName(column)} is null) as flag`,
  );
  if (hasNulls) {
    throw new MaestroError(
      "invalidInput",
      `${table} has rows whose ${column} is NULL: an increment would never import them`,
      { field: "idColumn" },
    );
  }
}

/** Of `among` (null: of all), the transactions that hold a lock under which they can write. */
async function openWriters(
  client: pg.Client,
  oids: string[],
  among: string[] | null,
): Promise<string[]> {
  const { rows } = await client.query<{ transaction: string }>(
    `select distinct virtualtransaction as transaction from pg_catalog.pg_locks
     where locktype = 'relation' and granted and relation = any($1::oid[])
       and database = (select oid from pg_catalog.pg_database where datname = current_database())
       and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
       and pid is distinct from pg_catalog.pg_backend_pid()
       and ($2::text[] is null or virtualtransaction = any($2::text[]))`,
    [oids, among],
  );
  return rows.map((row) => row.transaction);
}

async function openTransactions(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    "select pg_catalog.pg_snapshot_xip(pg_catalog.pg_current_snapshot())::text as id",
  );
  return rows.map((row) => row.id);
}

async function stillOpen(client: pg.Client, among: string[]): Promise<string[]> {
  const open = new Set(await openTransactions(client));
  return among.filter((id) => open.has(id));
}

async function waitForEnd(
  first: string[],
  next: (open: string[]) => Promise<string[]>,
  table: string,
): Promise<void> {
  const until = Date.now() + waitSeconds * 1000;
  let open = first;
  while (open.length > 0) {
    if (Date.now() > until) {
      throw new MaestroError(
        "timeout",
        `${open.length} transaction(s) have been writing into ${table} for more than ${waitSeconds} s; what they may still add cannot be told, so nothing was imported`,
        { retryable: true },
      );
    }
    open = await next(open);
  }
}

async function queryFlag(client: pg.Client, text: string): Promise<boolean> {
  const { rows } = await client.query<{ flag: boolean }>(text);
  return rows[0]?.flag === true;
}
