import type pg from "pg";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName, quoteText } from "../../shared/sql-quotes.ts";
import type { FieldSchema } from "../../shared/table.ts";
import type { ExportWork } from "./export-work.ts";
import { type Rename, takeOverIdentities } from "./postgres-target-finish.ts";
import { type PostgresTarget, writeTo } from "./postgres-target-table.ts";
import { newType, typeOfNew } from "./postgres-target-types.ts";
import { columnFor, type WrittenColumn } from "./target-columns.ts";

/** A table of the fields; with a primary key of `keys`. The columns that are written. */
export async function createTable(
  client: pg.Client,
  { fields, description }: Pick<ExportWork, "fields" | "description">,
  table: string,
  keys: string[],
): Promise<WrittenColumn[]> {
  const parts = fields.map((field) => `${quoteName(field.name)} ${newType(field)}`);
  if (keys.length > 0) parts.push(`primary key (${keys.map(quoteName).join(", ")})`);
  await client.query(`create table ${table} (${parts.join(", ")})`);
  if (description !== "") {
    await client.query(`comment on table ${table} is ${quoteText(description)}`);
  }
  return fields.flatMap(
    (field, at) => writeTo({ name: field.name, type: typeOfNew(field) }, field, at) ?? [],
  );
}

/** The old table's columns where they fit, in their order, then those that it lacks. */
export async function createLike(
  client: pg.Client,
  { fields }: ExportWork,
  target: PostgresTarget,
  beside: string,
): Promise<{ written: WrittenColumn[]; renames: Rename[] }> {
  const old = `${quoteName(target.schema)}.${quoteName(target.name)}`;
  const storage = await readStorage(client, target.oid);
  await client.query(
    `create ${storage.unlogged} table ${beside} (like ${old} including all excluding indexes) ${storage.clauses}`,
  );
  const written: WrittenColumn[] = [];
  for (const [at, field] of fields.entries()) {
    const column = columnFor(target.columns, field.name);
    const name = column?.name ?? field.name;
    if (column?.isGenerated) {
      throw new MaestroError(
        "database",
        `the column ${name} of ${old} is generated: leave it out of the query`,
      );
    }
    const kept = column && writeTo(column, field, at);
    if (!kept) {
      if (column) await dropColumn(client, target, name, beside);
      await client.query(`alter table ${beside} add column ${quoteName(name)} ${newType(field)}`);
    }
    const value = kept ?? writeTo({ name, type: typeOfNew(field) }, field, at);
    if (value) written.push(value);
  }
  await dropColumns(client, target, fields, beside);
  const { rows } = await client.query<{ oid: string }>("select $1::regclass::oid::text as oid", [
    beside,
  ]);
  const renames = await takeOverIdentities(client, target, rows[0]?.oid ?? "0");
  return { written, renames };
}

/** Those that the query has no more; what fills itself is the table's own. */
async function dropColumns(
  client: pg.Client,
  target: PostgresTarget,
  fields: FieldSchema[],
  beside: string,
): Promise<void> {
  for (const column of target.columns) {
    const isOwn = column.isGenerated || column.fillsItself;
    if (isOwn || columnFor(fields, column.name)) continue;
    await dropColumn(client, target, column.name, beside);
  }
}

/** Throws `database` where generated columns are made of it. */
async function dropColumn(
  client: pg.Client,
  target: PostgresTarget,
  name: string,
  beside: string,
): Promise<void> {
  try {
    await client.query(`alter table ${beside} drop column ${quoteName(name)}`);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code !== "2BP01") throw error;
    const made = target.columns.filter((column) => column.isGenerated).map((column) => column.name);
    throw new MaestroError(
      "database",
      `${quoteName(target.schema)}.${quoteName(target.name)} has generated columns (${made.join(", ")}) that need its column ${name}, which the query lacks or gives another type: have ${name} in the query as it is there, or drop those columns`,
      { cause: error },
    );
  }
}

async function readStorage(client: pg.Client, oid: string) {
  const { rows } = await client.query<{
    isUnlogged: boolean;
    options: string[];
    method: string | null;
    space: string | null;
  }>(
    `select c.relpersistence = 'u' as "isUnlogged", m.amname as method, s.spcname as space,
       coalesce(c.reloptions, '{}') || coalesce((select array_agg('toast.' || o)
         from pg_class t, unnest(t.reloptions) as o where t.oid = c.reltoastrelid), '{}') as options
     from pg_class c left join pg_am m on m.oid = c.relam
     left join pg_tablespace s on s.oid = c.reltablespace where c.oid = $1::oid`,
    [oid],
  );
  const { isUnlogged = false, options = [], method = null, space = null } = rows[0] ?? {};
  const clauses = [
    ...(method === null ? [] : [`using ${quoteName(method)}`]),
    ...(options.length === 0 ? [] : [`with (${options.join(", ")})`]),
    ...(space === null ? [] : [`tablespace ${quoteName(space)}`]),
  ];
  return { unlogged: isUnlogged ? "unlogged" : "", clauses: clauses.join(" ") };
}
