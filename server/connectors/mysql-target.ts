import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "mysql2/promise";
import type { DatabaseAddress } from "./database-address.ts";
import type { ExportDone, ExportWork } from "./export-work.ts";
import { connectMysql } from "./mysql-connection.ts";
import { loadRows } from "./mysql-load.ts";
import { describeMysqlTargetFault } from "./mysql-target-faults.ts";
import { replaceMysql } from "./mysql-target-replace.ts";
import { placeOf, select } from "./mysql-target-table.ts";
import { upsertMysql } from "./mysql-target-upsert.ts";
import { inTarget } from "./mysql-target-write.ts";

/*
 * A MySQL or MariaDB that is exported to: one connection, one export.
 *
 *   replace   a new table beside, swapped in by one RENAME (mysql-target-replace.ts)
 *   append    LOAD DATA into the table, and in the same transaction a line in `maestro_exports`, so
 *             that an attempt after one that was killed between commit and settling adds nothing again
 *   upsert    LOAD DATA into a temporary table, checked, then UPDATE and INSERT in one transaction
 *
 * All attempts of a table's exports take one named lock, for as long as they are connected; one that
 * finds it taken ends the connection that has it.
 */

interface Place {
  schema: string;
  name: string;
}

export async function exportToMysql(
  address: DatabaseAddress,
  work: ExportWork,
): Promise<ExportDone> {
  const connection = await connectMysql(address);
  // mysql2 tells a statement nothing whose connection is destroyed here.
  const stopped = new Promise<never>((_, reject) => {
    work.signal.addEventListener("abort", () => reject(work.signal.reason), { once: true });
  });
  stopped.catch(() => undefined);
  try {
    work.signal.throwIfAborted();
    return await Promise.race([write(connection, address, work), stopped]);
  } catch (error) {
    work.signal.throwIfAborted();
    throw describeMysqlTargetFault(error, address, work);
  } finally {
    // What is not committed is rolled back. Waiting for a server that does not answer helps nobody.
    connection.destroy();
  }
}

async function write(
  connection: Connection,
  address: DatabaseAddress,
  work: ExportWork,
): Promise<ExportDone> {
  await connection.query(
    `set session autocommit = 0, innodb_lock_wait_timeout = 10, lock_wait_timeout = 10,
       sql_mode = concat(@@session.sql_mode, ',NO_AUTO_VALUE_ON_ZERO')`,
  );
  await takeTurn(connection, work);
  const { schema, name } = work.table;
  const place = { schema: schema ?? address.database, name };
  switch (work.mode) {
    case "replace":
      return replaceMysql(connection, work, place);
    case "append":
      return append(connection, work, place);
    case "upsert":
      return upsertMysql(connection, work, place);
  }
}

async function takeTurn(connection: Connection, { claim, signal }: ExportWork): Promise<void> {
  const name = `maestro export ${claim.exporter}`;
  for (;;) {
    signal.throwIfAborted();
    const [taken] = await select<{ ours: number; holder: number | null }>(
      connection,
      "select get_lock(?, 0) as ours, is_used_lock(?) as holder",
      [name, name],
    );
    if (taken?.ours === 1) return;
    const { holder } = taken ?? {};
    if (holder) await connection.query(`kill ${Number(holder)}`).catch(() => undefined);
    await delay(50, undefined, { signal });
  }
}

async function append(connection: Connection, work: ExportWork, place: Place): Promise<ExportDone> {
  const { claim } = work;
  const marker = placeOf({ ...place, name: "maestro_exports" });
  await connection.query(
    `create table if not exists ${marker} (exporter varchar(64) not null, target varchar(64) not null,
       table_run bigint not null, row_count bigint not null, at datetime(6) not null,
       primary key (exporter, target, table_run)) engine = InnoDB default character set utf8mb4 collate utf8mb4_bin`,
  );
  const key = [claim.exporter, place.name, claim.tableRunId];
  const [before] = await select<{ n: string | number }>(
    connection,
    `select row_count as n from ${marker} where exporter = ? and target = ? and table_run = ?`,
    key,
  );
  if (before) {
    const notes = [`${place.name} had its ${before.n} rows of this run already`];
    return { rows: Number(before.n), bytes: 0, statement: "", notes };
  }
  return inTarget(connection, work, place, async ({ columns }) => {
    const done = await loadRows(connection, work, { table: placeOf(place), columns });
    await select(
      connection,
      `insert into ${marker} (exporter, target, table_run, row_count, at) values (?, ?, ?, ?, utc_timestamp(6))`,
      [...key, done.rows],
    );
    await connection.query(`delete from ${marker} where at < utc_timestamp(6) - interval 400 day`);
    return { ...done, notes: [] };
  });
}
