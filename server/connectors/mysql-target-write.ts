import type { Connection } from "mysql2/promise";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName, quoteText } from "../../shared/sql-quotes.ts";
import type { ExportDone, ExportWork } from "./export-work.ts";
import {
  type MysqlTarget,
  type MysqlWrittenColumn,
  matchMysqlColumns,
  placeOf,
  readMysqlTarget,
  select,
  writeToMysql,
} from "./mysql-target-table.ts";
import { newMysqlType, typeOfNewMysql } from "./mysql-target-types.ts";
import { columnFor } from "./target-columns.ts";

interface Place {
  schema: string;
  name: string;
}

/**
 * Does `write` and commits it. A table that is not there is made before, empty, because MySQL commits
 * at that; it goes again where nothing came into it.
 */
export async function inTarget(
  connection: Connection,
  work: ExportWork,
  place: Place,
  write: (into: {
    columns: MysqlWrittenColumn[];
    target: MysqlTarget | null;
  }) => Promise<ExportDone>,
  keys: string[] = [],
): Promise<ExportDone> {
  const target = await readMysqlTarget(connection, place.schema, place.name);
  if (target) requireTransactions(target);
  const columns = target
    ? matchMysqlColumns(withNullKeys(target, keys), work.fields)
    : await createMysqlTable(connection, work, place, keys);
  try {
    const done = await write({ columns, target });
    await work.confirm();
    await connection.query("commit");
    return done;
  } catch (error) {
    if (!target) {
      await connection.query("rollback").catch(() => undefined);
      await dropEmpty(connection, place).catch(() => undefined);
    }
    throw error;
  }
}

/** An upsert tells of all keys that are NULL itself, and writes them to a table that takes them. */
function withNullKeys(target: MysqlTarget, keys: string[]): MysqlTarget {
  const names = new Set(keys.map((key) => columnFor(target.columns, key)?.name));
  const columns = target.columns.map((column) =>
    names.has(column.name) ? { ...column, isNotNull: false } : column,
  );
  return { ...target, columns };
}

async function dropEmpty(connection: Connection, place: Place): Promise<void> {
  const [rows] = await connection.query(`select 1 from ${placeOf(place)} limit 1`);
  await connection.query("commit");
  if (Array.isArray(rows) && rows.length === 0) {
    await connection.query(`drop table ${placeOf(place)}`);
  }
}

export function requireTransactions({ schema, name, engine, isTransactional }: MysqlTarget): void {
  if (isTransactional) return;
  throw new MaestroError(
    "database",
    `${schema}.${name} is of the engine ${engine}, which has no transactions: alter table ${name} engine = InnoDB, or export by replace`,
  );
}

/** A table of the fields; with a primary key of `keys`. The columns that are written. */
export async function createMysqlTable(
  connection: Connection,
  { fields, description }: Pick<ExportWork, "fields" | "description">,
  place: Place,
  keys: string[],
): Promise<MysqlWrittenColumn[]> {
  const types = fields.map((field) => newMysqlType(field, keys.includes(field.name)));
  const parts = fields.map((field, at) => {
    const needed = keys.includes(field.name) ? " not null" : " null";
    return `${quoteName(field.name)} ${types[at]}${needed}`;
  });
  if (keys.length > 0) parts.push(`primary key (${keys.map(quoteName).join(", ")})`);
  const [collation] = await select<{ name: string }>(
    connection,
    `select collation_name as "name" from information_schema.collations
     where collation_name in ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin', 'utf8mb4_bin')
     order by field(collation_name, 'utf8mb4_nopad_bin', 'utf8mb4_0900_bin', 'utf8mb4_bin') limit 1`,
  );
  const comment = description === "" ? "" : ` comment = ${quoteText(description.slice(0, 2048))}`;
  await connection.query(
    `create table ${placeOf(place)} (${parts.join(", ")}) engine = InnoDB default character set utf8mb4 collate ${collation?.name ?? "utf8mb4_bin"}${comment}`,
  );
  return fields.flatMap((field, at) => {
    const type = typeOfNewMysql(types[at] ?? "");
    return writeToMysql({ name: field.name, type }, field, at) ?? [];
  });
}
