import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { MaestroError } from "../../shared/errors.ts";
import type { Log } from "../support/log.ts";
import { locks } from "./locks.ts";

/*
 * Brings the schema up to date: forward only, one process at a time, under an advisory lock, and
 * while other daemons, perhaps of an older version, work (docs/upgrades.md).
 *
 * All that is pending is one transaction: a crash in it changes nothing. It locks the tables that it
 * changes, and so it would wait for whoever reads or writes one, a backup of an hour say, with
 * everybody else queueing behind it; and it may meet a daemon that locked the same tables the other
 * way round. Therefore it waits for a lock briefly, and otherwise lets go of all and tries again.
 */

const migrationsFolder = join(import.meta.dirname, "../../drizzle/migrations");
const lockMs = 2_000;
const pauseMs = 500;
const patienceMs = 300_000;

export async function migrateDatabase(connectionString: string, log?: Log): Promise<void> {
  const client = new pg.Client({ connectionString, application_name: "maestro migrate" });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [locks.migration]);
    await client.query(`set lock_timeout = ${lockMs}`);
    await untilUnlocked(() => migrate(drizzle(client), { migrationsFolder }), log);
    const newer = await countNewer(client);
    if (newer > 0) {
      log?.warn(
        `the database's schema is of a newer Maestro, by ${newer} migrations; this one works with it, since migrations only add`,
      );
    }
  } finally {
    await client.end();
  }
}

/** Migrations that the database has and this version does not know. */
async function countNewer(client: pg.Client): Promise<number> {
  const newest = Math.max(
    ...readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis),
  );
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::int as count from drizzle.__drizzle_migrations where created_at > $1",
    [newest],
  );
  return rows[0]?.count ?? 0;
}

async function untilUnlocked(work: () => Promise<void>, log: Log | undefined): Promise<void> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isOfLocks(error)) throw error;
      if (performance.now() > endMs) {
        const message = `the database's schema cannot be brought up to date: for ${patienceMs / 60_000} minutes others have held its tables; end the transaction that stays open (pg_stat_activity shows it; a backup's, say), and start again`;
        throw new MaestroError("database", message, { cause: error });
      }
      log?.warn("the schema is to be changed, and others hold its tables; trying again");
      await delay(pauseMs);
    }
  }
}

/** A lock that was not to be had in time, or a deadlock. Drizzle wraps PostgreSQL's error. */
function isOfLocks(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  const codes = [error, cause].map((each) => (each as { code?: string } | undefined)?.code ?? "");
  return codes.some((code) => code === "55P03" || code === "40P01");
}
