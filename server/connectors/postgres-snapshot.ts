import type pg from "pg";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import { quoteName } from "../../shared/sql-quotes.ts";
import type { SourceRelation } from "./source.ts";

/*
 * A snapshot that is not older than the table's contents.
 *
 * A statement takes its snapshot before it waits for its table's lock. Where somebody truncates the table
 * and fills it again in one transaction, a reader that waited for the end of that would see none of the
 * new rows, with a snapshot from before, and none of the old, whose file is gone: an empty table. LOCK
 * TABLE takes no snapshot, and so the first statement after it sees what the lock waited for.
 *
 * LOCK TABLE wants SELECT on the whole table. Where the user has it on some columns alone, or the relation
 * is none that can be locked, a first statement waits and takes a snapshot, and where the table's file is
 * another than that snapshot says, it is all begun anew.
 */

/** How long it waits for somebody who has the table locked, before it fails and is tried again. */
const lockSeconds = 600;
const mostTries = 5;

type Isolation = "repeatable read" | "read committed";

/** Begins a read-only transaction of which every snapshot sees the relation as it is, once it was locked. */
export async function beginAfterLock(
  client: pg.Client,
  relation: Pick<SourceRelation, "schema" | "name"> & { oid: number; kind: string },
  isolation: Isolation,
): Promise<void> {
  const table = `${quoteName(relation.schema)}.${quoteName(relation.name)}`;
  for (let tries = 1; tries <= mostTries; tries += 1) {
    await begin(client, isolation);
    if (await isLocked(client, table, relation.kind)) return;
    await client.query("rollback");
    await begin(client, isolation);
    await client.query(`select from ${table} limit 0`);
    if (!(await isRewritten(client, relation.oid))) return;
    await client.query("rollback");
  }
  throw new MaestroError("database", `${table} is being written anew again and again`, {
    retryable: true,
  });
}

async function begin(client: pg.Client, isolation: Isolation): Promise<void> {
  await client.query(`begin isolation level ${isolation} read only`);
  await client.query(`set local lock_timeout = '${lockSeconds}s'`);
}

const lockable = new Set(["r", "p", "v"]);

async function isLocked(client: pg.Client, table: string, kind: string): Promise<boolean> {
  if (!lockable.has(kind)) return false;
  try {
    await client.query(`lock table ${table} in access share mode`);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "42501") return false;
    if (code !== "55P03") throw error;
    throw new MaestroError(
      "database",
      `somebody has had ${table} locked for more than ${lockSeconds} s: ${messageOf(error)}`,
      { cause: error, retryable: true },
    );
  }
}

/** Whether the file of the table, or of a partition, is another than in the snapshot's catalog. */
async function isRewritten(client: pg.Client, oid: number): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `select exists (
       select from pg_catalog.pg_class c
       where c.oid in (select $1::oid union select relid from pg_catalog.pg_partition_tree($1::oid::regclass))
         and c.relkind in ('r', 'm') and c.relfilenode <> pg_catalog.pg_relation_filenode(c.oid)
     ) as found`,
    [oid],
  );
  return rows[0]?.found === true;
}
