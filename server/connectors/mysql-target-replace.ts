import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "mysql2/promise";
import { MaestroError } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import type { FieldSchema } from "../../shared/table.ts";
import type { ExportDone, ExportWork } from "./export-work.ts";
import { loadRows } from "./mysql-load.ts";
import { codeOfMysql } from "./mysql-target-faults.ts";
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
import { createMysqlTable, requireTransactions } from "./mysql-target-write.ts";
import { columnFor } from "./target-columns.ts";

/*
 * A new table takes the place of the old one:
 *
 *   create like it → LOAD DATA → RENAME old TO …_old, new TO old → drop …_old
 *
 * The RENAME is one step for all who look. MySQL commits at each change of a table, so a crash leaves
 * the new table, or the old one under its other name; both carry the name of the table's exports, and
 * the next one drops them. Grants and views go by name and stay right; where a trigger or a foreign key
 * would stay with the old table, its rows are deleted and written anew in one transaction.
 */

const lockTries = 60;

interface Place {
  schema: string;
  name: string;
}

export async function replaceMysql(
  connection: Connection,
  work: ExportWork,
  place: Place,
): Promise<ExportDone> {
  await dropLeftovers(connection, work, place.schema);
  const target = await readMysqlTarget(connection, place.schema, place.name);
  if (target && target.holdfasts.length > 0) return rewrite(connection, work, target);
  const { exporter, tableRunId, fence } = work.claim;
  const beside = { ...place, name: `maestro_${exporter}_${tableRunId}_${fence}` };
  try {
    const columns = target
      ? await createLike(connection, work, target, beside)
      : await createMysqlTable(connection, work, beside, []);
    const before = target && (await definitionOf(connection, place));
    const done = await loadRows(connection, work, { table: placeOf(beside), columns });
    await connection.query("commit");
    await work.confirm();
    if (before !== null && before !== (await definitionOf(connection, place))) {
      throw new MaestroError("database", `${place.name} was altered while it was exported`, {
        retryable: true,
      });
    }
    const old = { ...place, name: `${beside.name}_old` };
    const moves = [
      ...(target ? [`${placeOf(place)} to ${placeOf(old)}`] : []),
      `${placeOf(beside)} to ${placeOf(place)}`,
    ];
    await renameInTurns(connection, work, `rename table ${moves.join(", ")}`);
    const notes = target ? await dropQuietly(connection, old) : [];
    return { ...done, statement: done.statement.replace(placeOf(beside), placeOf(place)), notes };
  } catch (error) {
    await connection.query(`drop table if exists ${placeOf(beside)}`).catch(() => undefined);
    throw error;
  }
}

/** Of attempts that were killed, and old tables that were still read when they were to be dropped. */
async function dropLeftovers(
  connection: Connection,
  { claim }: ExportWork,
  schema: string,
): Promise<void> {
  const left = await select<{ name: string }>(
    connection,
    `select table_name as "name" from information_schema.tables
     where table_schema = ? and table_name regexp ?`,
    [schema, `^maestro_${claim.exporter}_[0-9]+_[0-9]+(_old)?$`],
  );
  for (const { name } of left) await dropQuietly(connection, { schema, name });
}

async function dropQuietly(connection: Connection, place: Place): Promise<string[]> {
  try {
    await connection.query(`drop table if exists ${placeOf(place)}`);
    return [];
  } catch {
    return [`${place.schema}.${place.name} is left: it is dropped by the next export`];
  }
}

/** Readers see the old rows until the commit. */
async function rewrite(
  connection: Connection,
  work: ExportWork,
  target: MysqlTarget,
): Promise<ExportDone> {
  const columns = matchMysqlColumns(target, work.fields);
  const table = placeOf(target);
  const pointing = target.holdfasts.find((what) => / of /.test(what));
  if (pointing !== undefined) {
    throw new MaestroError(
      "database",
      `the ${pointing} points at ${target.name}, whose rows a replace deletes: export by upsert, or drop the key`,
    );
  }
  requireTransactions(target);
  await connection.query(`delete from ${table}`);
  const done = await loadRows(connection, work, { table, columns });
  await work.confirm();
  await connection.query("commit");
  const why = `${target.name} was written in place, not swapped, because of ${target.holdfasts.join(", ")}`;
  return { ...done, notes: [why] };
}

/** The old table's columns where they fit, in their order, then those that it lacks. */
async function createLike(
  connection: Connection,
  { fields }: ExportWork,
  target: MysqlTarget,
  beside: Place,
): Promise<MysqlWrittenColumn[]> {
  const table = placeOf(beside);
  await connection.query(`create table ${table} like ${placeOf(target)}`);
  const changes: string[] = [];
  const written: MysqlWrittenColumn[] = [];
  for (const [at, field] of fields.entries()) {
    const column = columnFor(target.columns, field.name);
    const name = column?.name ?? field.name;
    if (column?.isGenerated) {
      throw new MaestroError(
        "database",
        `the column ${name} of ${target.name} is generated: leave it out of the query`,
      );
    }
    const kept = column && writeToMysql(column, field, at);
    const type = newMysqlType(field, false);
    if (!kept) {
      changes.push(`${column ? "modify" : "add"} column ${quoteName(name)} ${type} null`);
    }
    const value = kept ?? writeToMysql({ name, type: typeOfNewMysql(type) }, field, at);
    if (value) written.push(value);
  }
  changes.push(...(await columnsToDrop(connection, target, fields)));
  if (changes.length > 0) await connection.query(`alter table ${table} ${changes.join(", ")}`);
  await takeOverCounter(connection, target, table);
  return written;
}

/** With the indexes that they are part of, which MySQL would keep without them. */
async function columnsToDrop(
  connection: Connection,
  target: MysqlTarget,
  fields: FieldSchema[],
): Promise<string[]> {
  const gone = target.columns.filter(
    (column) => !(column.isGenerated || column.fillsItself || columnFor(fields, column.name)),
  );
  if (gone.length === 0) return [];
  const indexes = await select<{ name: string; column: string | null }>(
    connection,
    `select index_name as "name", column_name as "column" from information_schema.statistics
     where table_schema = ? and table_name = ?`,
    [target.schema, target.name],
  );
  const names = new Set(gone.map((column) => column.name));
  const broken = new Set(
    indexes.filter((index) => names.has(index.column ?? "")).map((index) => index.name),
  );
  return [
    ...[...broken].map((name) => `drop index ${quoteName(name)}`),
    ...gone.map((column) => `drop column ${quoteName(column.name)}`),
  ];
}

async function takeOverCounter(
  connection: Connection,
  target: MysqlTarget,
  table: string,
): Promise<void> {
  const [row] = await select<{ next: string | number | null }>(
    connection,
    `select auto_increment as "next" from information_schema.tables
     where table_schema = ? and table_name = ?`,
    [target.schema, target.name],
  );
  if (row?.next != null)
    await connection.query(`alter table ${table} auto_increment = ${row.next}`);
}

async function definitionOf(connection: Connection, place: Place): Promise<string> {
  const [rows] = await connection.query(`show create table ${placeOf(place)}`);
  const [row] = rows as Record<string, string>[];
  return (row?.["Create Table"] ?? "").replace(/ AUTO_INCREMENT=\d+/, "");
}

/** In short turns: everybody who reads the table queues behind who waits for its lock. */
async function renameInTurns(
  connection: Connection,
  work: ExportWork,
  statement: string,
): Promise<void> {
  await connection.query("set session lock_wait_timeout = 1");
  for (let tries = 1; ; tries += 1) {
    work.signal.throwIfAborted();
    try {
      await connection.query(statement);
      return;
    } catch (error) {
      if (codeOfMysql(error) !== "ER_LOCK_WAIT_TIMEOUT") throw error;
      if (tries >= lockTries) {
        throw new MaestroError(
          "database",
          `${work.table.name} is in use all the time: end the transactions that read it for minutes, and run the export again`,
          { retryable: true },
        );
      }
      await delay(Math.min(100 * tries, 2_000), undefined, { signal: work.signal });
    }
  }
}
