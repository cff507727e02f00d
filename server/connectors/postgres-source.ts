import type pg from "pg";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { SourceName } from "../../shared/import-select.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import { abortable } from "../support/abortable.ts";
import { breakOffAtAbort } from "./break-off.ts";
import { CopyOutStream } from "./copy-out-stream.ts";
import type { DatabaseAddress } from "./database-address.ts";
import { safeBound } from "./postgres-bound.ts";
import { connectPostgres, describeFault } from "./postgres-connection.ts";
import {
  confirmSnapshot,
  cutRows,
  joinSnapshot,
  measureTable,
  shareSnapshot,
} from "./postgres-parts.ts";
import { beginAfterLock } from "./postgres-snapshot.ts";
import { describeColumn, type PostgresType } from "./postgres-types.ts";
import type { Source, SourceDescription, SourceOptions, SourceRelation } from "./source.ts";
import type { SourceColumn } from "./source-column.ts";

/* PostgreSQL as a source of imports: source.ts says in which order it is asked. */

interface PostgresRelation extends SourceRelation {
  oid: number;
  /** pg_class.relkind: r table, p partitioned, v view, m materialized view, f foreign table. */
  kind: string;
}

const pins = [
  "standard_conforming_strings = on",
  "client_encoding = 'UTF8'",
  "datestyle = 'ISO, YMD'",
  "intervalstyle = 'postgres'",
  "timezone = 'UTC'",
  "bytea_output = 'hex'",
  "extra_float_digits = 1",
  "xmloption = 'content'",
  "default_transaction_read_only = on",
  "idle_in_transaction_session_timeout = 0",
  // A room that is gone without a word holds its snapshot for two minutes, not for two hours.
  "tcp_keepalives_idle = 60",
  "tcp_keepalives_interval = 10",
  "tcp_keepalives_count = 6",
];

export async function openPostgresSource(
  address: DatabaseAddress,
  options: SourceOptions,
): Promise<Source> {
  const client = await connectPostgres(address, "maestro import");
  let copying: CopyOutStream | undefined;
  let relation: PostgresRelation | undefined;
  let hasBegun = false;
  const found = () => {
    if (!relation) throw new Error("no table was found yet");
    return relation;
  };
  const destroy = () => client.connection.stream.destroy();
  const cancel = () => cancelStatement(client, address);
  const breaker = breakOffAtAbort(options.signal, { cancel, destroy });
  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      options.signal.throwIfAborted();
      return await abortable(work(), breaker.broken);
    } catch (error) {
      options.signal.throwIfAborted();
      throw describeFault(error, address);
    }
  };
  const close = async () => {
    breaker.end();
    // A COPY that is not over would be drained to its end first.
    const isBusy = copying && copying.sourceRows === null;
    if (isBusy || options.signal.aborted) destroy();
    await client.end().catch(() => undefined);
  };
  try {
    await translated(async () => {
      const timeoutMs = Math.round(options.statementTimeoutSeconds * 1000);
      // At once: each alone would take a round trip.
      const all = [...pins, `statement_timeout = ${timeoutMs}`].map((pin) => `set ${pin}`);
      await client.query(all.join("; "));
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    findTable: (name) =>
      translated(async () => {
        relation = await findTable(client, name);
        return relation;
      }),
    safeBound: (column, above) =>
      translated(() => safeBound(client, found(), column, above, options.signal)),
    begin: () =>
      translated(async () => {
        if (hasBegun) await client.query("rollback");
        hasBegun = true;
        if (relation) await beginAfterLock(client, relation, "repeatable read");
        else await client.query("begin isolation level repeatable read read only");
      }),
    describe: (select) => translated(() => describe(client, select)),
    rows(select, columns) {
      copying = client.query(new CopyOutStream(copyStatement(select, columns)));
      return copying;
    },
    describeFault: (error) => describeNoText(error) ?? describeFault(error, address),
    close,
    parts: {
      measure: (preferred) => translated(() => measureTable(client, found(), preferred)),
      cut: (extent, wanted) => translated(() => cutRows(client, found(), extent, wanted)),
      share: () => translated(() => shareSnapshot(client)),
      join: (shared, table) => translated(() => joinSnapshot(client, shared, table)),
      confirm: () => translated(() => confirmSnapshot(client)),
    },
  };
}

/** From a second connection; where that fails, the closing of the first one ends the statement. */
async function cancelStatement(client: pg.Client, address: DatabaseAddress): Promise<void> {
  const processId = "processID" in client ? Number(client.processID) : Number.NaN;
  if (!Number.isInteger(processId)) return;
  try {
    const second = await connectPostgres(address, "maestro cancel");
    await second
      .query("select pg_cancel_backend($1)", [processId])
      .finally(() => second.connection.stream.destroy());
  } catch {
    client.connection.stream.destroy();
  }
}

function copyStatement(select: string, columns: SourceColumn[]): string {
  const list = columns.map((column) => column.expression).join(", ");
  return `copy (select ${list} from (${select}) as source) to stdout (format csv, null 'N', force_quote *)`;
}

async function findTable(client: pg.Client, name: SourceName): Promise<PostgresRelation> {
  const quoted = [name.schema, name.name]
    .filter((part) => part !== null)
    .map(quoteName)
    .join(".");
  const { rows } = await client.query<Omit<PostgresRelation, "columns"> & { readable: boolean }>(
    `select c.oid, n.nspname as schema, c.relname as name, c.relkind as kind,
       pg_catalog.has_any_column_privilege(c.oid, 'select') as readable
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.oid = pg_catalog.to_regclass($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [quoted],
  );
  const [relation] = rows;
  if (!relation) {
    throw new MaestroError("database", `the database has no table ${quoted} that the user can see`);
  }
  if (!relation.readable) {
    throw new MaestroError("database", `the user may not read ${quoted}: grant select on it`);
  }
  const columns = await client.query<{ name: string; type: string }>(
    `select attname as name, pg_catalog.format_type(atttypid, atttypmod) as type
     from pg_catalog.pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped order by attnum`,
    [relation.oid],
  );
  const { readable: _readable, ...found } = relation;
  return { ...found, columns: columns.rows };
}

async function describe(client: pg.Client, select: string): Promise<SourceDescription> {
  const { fields } = await client.query({
    text: `select * from (${select}) as source limit 0`,
    rowMode: "array",
  });
  const types = await readTypes(client, [...new Set(fields.map((field) => field.dataTypeID))]);
  const columns = fields.map((field) => {
    const type = types.get(field.dataTypeID) ?? { name: "", isBuiltin: false, element: null };
    const quoted = `source.${quoteName(field.name)}`;
    return describeColumn(field.name, quoted, type, field.dataTypeModifier);
  });
  const explained = await client.query<{
    "QUERY PLAN": { Plan?: { "Plan Rows"?: number; "Total Cost"?: number } }[];
  }>(`explain (format json) ${select}`);
  const plan = explained.rows[0]?.["QUERY PLAN"][0]?.Plan;
  return {
    columns,
    expectedRows: plan?.["Plan Rows"] ?? null,
    cost: plan?.["Total Cost"] ?? null,
  };
}

/** A database of the encoding SQL_ASCII may hold any bytes in its texts; the server names no column. */
function describeNoText(error: unknown): MaestroError | null {
  const isNoText = error instanceof Error && "code" in error && error.code === "22021";
  if (!isNoText) return null;
  return new MaestroError(
    "database",
    `a text of the source is not UTF-8, as BigQuery's STRING is (${messageOf(error)}): take the bytes of its column in the import's SQL, by convert_to(column, 'sql_ascii')`,
    { cause: error, reason: "22021" },
  );
}

/** Types by oid, with what arrays and domains are made of. */
async function readTypes(client: pg.Client, oids: number[]): Promise<Map<number, PostgresType>> {
  const { rows } = await client.query<{
    oid: string;
    name: string;
    builtin: boolean;
    base: string;
    element: string;
  }>(
    `with recursive needed(oid) as (
       select unnest($1::oid[])
       union
       select made_of from needed join pg_catalog.pg_type t using (oid),
         unnest(array[t.typbasetype, case when t.typcategory = 'A' then t.typelem else 0 end]) as made_of
       where made_of <> 0
     )
     select t.oid::text, t.typname as name, n.nspname = 'pg_catalog' as builtin,
       t.typbasetype::text as base,
       case when t.typcategory = 'A' and t.typtype = 'b' then t.typelem else 0 end::text as element
     from needed join pg_catalog.pg_type t using (oid)
     join pg_catalog.pg_namespace n on n.oid = t.typnamespace`,
    [oids],
  );
  const byOid = new Map(rows.map((row) => [row.oid, row]));
  const resolve = (oid: string): PostgresType | null => {
    const row = byOid.get(oid);
    if (!row) return null;
    if (row.base !== "0") return resolve(row.base);
    const element = row.element === "0" ? null : resolve(row.element);
    return { name: row.name, isBuiltin: row.builtin, element };
  };
  return new Map(oids.map((oid) => [oid, resolve(String(oid)) ?? unknownType]));
}

const unknownType: PostgresType = { name: "", isBuiltin: false, element: null };
