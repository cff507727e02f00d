import { sql } from "drizzle-orm";
import type pg from "pg";
import { pause } from "../support/abortable.ts";

/*
 * A daemon shows that it lives by a session with PostgreSQL that bears its name. The kernel ends
 * the session of a process that was killed, and so whoever looks in pg_stat_activity knows at once
 * what the lease would say in 15 s. It is a hint and no proof (a session breaks for other reasons
 * too, and a machine that lost its power leaves it standing): fences keep the rows right, and the
 * leases cover its loss.
 */
const prefix = "maestro daemon ";

const heartbeatMs = 10_000;

/** Holds a session under the daemon's name, until it breaks or the signal is aborted. */
export async function holdPresence(
  pool: pg.Pool,
  owner: string,
  signal: AbortSignal,
): Promise<void> {
  const client = await pool.connect();
  const broken = new AbortController();
  client.once("error", () => broken.abort());
  client.once("end", () => broken.abort());
  try {
    await client.query("select set_config('application_name', $1, false)", [prefix + owner]);
    const over = AbortSignal.any([signal, broken.signal]);
    while (!over.aborted) {
      await pause(heartbeatMs, over);
      // A server that is gone without a word ends no session: an answer that does not come does.
      if (!over.aborted) await client.query("select 1").catch(() => broken.abort());
    }
  } finally {
    // Closed and not given back: the name is this session's alone.
    client.release(true);
  }
}

/** SQL: the session of the daemon named by `owner` is not there, though ours ($1) is. */
export function isAbsent(owner: string): string {
  const session = (name: string) =>
    `exists (select from pg_stat_activity a where a.datname = current_database()
      and a.application_name = '${prefix}' || ${name})`;
  return `(${session("$1::text")} and not ${session(owner)})`;
}

/** SQL: any daemon shows that it lives, whichever it is. */
export const anyDaemon = sql`exists (select from pg_stat_activity a
  where a.datname = current_database() and a.application_name like ${`${prefix}%`})`;
