import type { DatabaseAddress } from "../../../server/connectors/database-address.ts";
import type { DatabaseKind } from "../../../shared/database.ts";
import type { MysqlDatabase } from "../../connectors/mysql-support.ts";
import type { SourceDatabase } from "../../connectors/support.ts";

/** Rows as one text: what they are, whatever their order. */
export interface Digest {
  rows: number;
  digest: string;
}

/** A database of either kind with the rows that the tests move. */
export interface SqlPlace {
  kind: DatabaseKind;
  address: DatabaseAddress;
  query(statement: string): Promise<Record<string, unknown>[]>;
  /** Null where there is no such table. */
  digest(table: string): Promise<Digest | null>;
  /** Makes the table where it is not there, and adds rows with these ids. */
  fill(table: string, from: number, to: number): Promise<void>;
  /** Rows and their sum, as a reader sees them; null where there is no such table. */
  glance(table: string): Promise<string | null>;
  /** How many statements name the table just now. */
  busy(table: string): Promise<number>;
  /** All tables, with what is left of other attempts. */
  tables(): Promise<string[]>;
}

export const columns = "id bigint primary key, name text, amount bigint not null";

export function postgresPlace(database: SourceDatabase): SqlPlace {
  const { query } = database;
  return {
    kind: "postgres",
    address: database.address,
    query,
    digest: (table) =>
      digestOf(async () =>
        query(`select count(*) as n, md5(string_agg(
          id || '|' || coalesce(name, '~') || '|' || amount, ',' order by id)) as digest from ${table}`),
      ),
    glance: (table) => glanceAt(query, table),
    async fill(table, from, to) {
      await query(`create table if not exists ${table} (${columns})`);
      await query(`insert into ${table} select i, case i % 5 when 0 then null when 1 then ''
        when 2 then E'a "q", \\\\N\\r\\n ' || i else md5(i::text) || md5((i + 1)::text) end, i * 7
        from generate_series(${from}, ${to}) i`);
    },
    async busy(table) {
      const rows = await query(
        `select from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%${table}%'`,
      );
      return rows.length;
    },
    async tables() {
      const rows = await query(
        `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'v', 'S') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
         order by 1`,
      );
      return rows.map(({ name }) => String(name));
    },
  };
}

export function mysqlPlace({ address, query }: MysqlDatabase): SqlPlace {
  return {
    kind: "mysql",
    address,
    query,
    digest: (table) =>
      digestOf(async () =>
        query(`select count(*) as n, md5(group_concat(
          concat_ws('|', id, coalesce(name, '~'), amount) order by id separator ',')) as digest from ${table}`),
      ),
    glance: (table) => glanceAt(query, table),
    async fill(table, from, to) {
      await query(`create table if not exists ${table} (${columns})`);
      await query(`insert into ${table} select seq, case seq % 5 when 0 then null when 1 then ''
        when 2 then concat('a "q", \\\\N\\r\\n ', seq) else concat(md5(seq), md5(seq + 1)) end, seq * 7
        from seq_${from}_to_${to}`);
    },
    async busy(table) {
      const rows = await query(
        `select id from information_schema.processlist where id <> connection_id() and info like '%${table}%'`,
      );
      return rows.length;
    },
    async tables() {
      const rows = await query(
        `select concat(table_schema, '.', table_name) as name from information_schema.tables
         where table_schema not in ('mysql', 'information_schema', 'performance_schema', 'sys') order by 1`,
      );
      return rows.map(({ name }) => String(name));
    },
  };
}

async function digestOf(read: () => Promise<Record<string, unknown>[]>): Promise<Digest | null> {
  const row = await firstOf(read);
  return row && { rows: Number(row["n"]), digest: String(row["digest"]) };
}

async function glanceAt(query: SqlPlace["query"], table: string): Promise<string | null> {
  const row = await firstOf(() => query(`select count(*) as n, sum(id) as total from ${table}`));
  return row && `${Number(row["n"])} rows, ${Number(row["total"])}`;
}

/** Null where the table is not there. */
async function firstOf(
  read: () => Promise<Record<string, unknown>[]>,
): Promise<Record<string, unknown> | null> {
  try {
    return (await read())[0] ?? null;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "42P01" || code === "ER_NO_SUCH_TABLE") return null;
    throw error;
  }
}
