import type { Connection } from "mysql2/promise";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { mysqlEncoded } from "./mysql-csv.ts";
import { type MysqlColumnType, mysqlValue, newMysqlType } from "./mysql-target-types.ts";
import { matchTarget, type WrittenColumn } from "./target-columns.ts";
import { checkedText, type TargetCheck } from "./target-value.ts";

/** A table that is exported to, as it is. */
export interface MysqlTarget {
  schema: string;
  name: string;
  isTransactional: boolean;
  engine: string;
  columns: MysqlTargetColumn[];
  /** Why another table cannot take its place without anybody noticing; empty: it can. */
  holdfasts: string[];
}

interface MysqlTargetColumn {
  name: string;
  type: MysqlColumnType;
  isNotNull: boolean;
  isGenerated: boolean;
  fillsItself: boolean;
  /** AUTO_INCREMENT: takes a NULL for the wish for a number. */
  countsItself: boolean;
}

export interface MysqlWrittenColumn extends WrittenColumn {
  isHex: boolean;
}

/** Rows of a prepared statement: mysql2's own quoting has backslashes, which the session does not read. */
export async function select<T>(
  connection: Connection,
  sql: string,
  values: (string | number)[] = [],
): Promise<T[]> {
  const [rows] = await connection.execute(sql, values);
  return rows as T[];
}

export async function readMysqlTarget(
  connection: Connection,
  schema: string,
  name: string,
): Promise<MysqlTarget | null> {
  const [found] = await select<{
    kind: string;
    engine: string | null;
    transactions: string | null;
  }>(
    connection,
    `select t.table_type as kind, t.engine as engine, e.transactions as transactions
     from information_schema.tables t left join information_schema.engines e on e.engine = t.engine
     where t.table_schema = ? and t.table_name = ?`,
    [schema, name],
  );
  if (!found) return null;
  if (found.kind !== "BASE TABLE" && found.kind !== "SYSTEM VERSIONED") {
    throw new MaestroError(
      "database",
      `${schema}.${name} is no table: name another one, or drop what has the name`,
    );
  }
  const holdfasts = await readHoldfasts(connection, schema, name);
  if (found.kind === "SYSTEM VERSIONED") holdfasts.push("its history");
  return {
    schema,
    name,
    engine: found.engine ?? "",
    isTransactional: found.transactions === "YES",
    columns: await readColumns(connection, schema, name),
    holdfasts,
  };
}

async function readColumns(
  connection: Connection,
  schema: string,
  name: string,
): Promise<MysqlTargetColumn[]> {
  const rows = await select<{
    name: string;
    type: string;
    sql: string;
    length: string | number | null;
    fraction: number | null;
    scale: number | null;
    nullable: string;
    defaultText: string | null;
    extra: string;
    expression: string | null;
  }>(
    connection,
    `select column_name as "name", data_type as "type", column_type as "sql",
       character_maximum_length as "length", datetime_precision as "fraction", numeric_scale as "scale",
       is_nullable as "nullable", column_default as "defaultText", extra as "extra",
       generation_expression as "expression"
     from information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position`,
    [schema, name],
  );
  return rows.map((row) => ({
    name: row.name,
    type: {
      name: row.type.toLowerCase(),
      sql: row.sql,
      length: row.length === null ? null : Number(row.length),
      fraction: row.fraction,
      scale: row.scale,
    },
    isNotNull: row.nullable === "NO",
    isGenerated: (row.expression ?? "") !== "",
    fillsItself: hasDefault(row.defaultText) || /auto_increment/i.test(row.extra),
    countsItself: /auto_increment/i.test(row.extra),
  }));
}

/** MariaDB says NULL in words of a column that has none, and quotes the text 'NULL'. */
function hasDefault(text: string | null): boolean {
  return text !== null && text !== "NULL";
}

/** What stays with the old table when names are swapped. Grants and views go by name, and stay right. */
async function readHoldfasts(
  connection: Connection,
  schema: string,
  name: string,
): Promise<string[]> {
  const rows = await select<{ what: string }>(
    connection,
    `select concat('trigger ', trigger_name) as "what" from information_schema.triggers
       where event_object_schema = ? and event_object_table = ?
     union select concat('foreign key ', constraint_name) from information_schema.key_column_usage
       where table_schema = ? and table_name = ? and referenced_table_name is not null
     union select concat('foreign key ', constraint_name, ' of ', table_name) from information_schema.key_column_usage
       where referenced_table_schema = ? and referenced_table_name = ?
     order by 1`,
    [schema, name, schema, name, schema, name],
  );
  return rows.map((row) => row.what);
}

/** As `matchTarget`. */
export function matchMysqlColumns(
  target: MysqlTarget,
  fields: FieldSchema[],
): MysqlWrittenColumn[] {
  return matchTarget<MysqlTargetColumn, MysqlWrittenColumn>(target, fields, {
    quoteName: quoteMysql,
    newType: (field) => newMysqlType(field, false),
    write: writeToMysql,
  });
}

/** Null where the column's type does not hold every value of the field. */
export function writeToMysql(
  column: Pick<MysqlTargetColumn, "name" | "type"> & Partial<MysqlTargetColumn>,
  field: FieldSchema,
  at: number,
): MysqlWrittenColumn | null {
  const value = mysqlValue(field, column.type, `c${at}`);
  if (!value) return null;
  const checks = column.isNotNull
    ? [noNull(column, field, `c${at}`), ...value.checks]
    : value.checks;
  const expression = checkedText(field.name, `c${at}`, { ...value, checks });
  const encoded = mysqlEncoded(field, checks, at);
  return { name: column.name, expression, encoded, isHex: value.isHex };
}

/** LOAD DATA would put the next number or the time there, without a warning. */
function noNull(
  column: Pick<MysqlTargetColumn, "type"> & Partial<MysqlTargetColumn>,
  { name }: FieldSchema,
  value: string,
): TargetCheck {
  return {
    condition: `${value} IS NULL`,
    what: "NULL",
    kind: "null",
    holder: `the table's ${column.type.sql} NOT NULL`,
    remedy: column.countsItself
      ? `give each row its number in the query, or leave ${name} out of it, so that MySQL counts`
      : `replace it in the query, for example by IFNULL(${name}, …), or take such rows out`,
  };
}

/** For statements of the session, which has ANSI_QUOTES. */
export function placeOf({ schema, name }: { schema: string; name: string }): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}

/** For people, whose sessions have not. */
export function quoteMysql(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}
