import { drizzle } from "drizzle-orm/node-postgres";
import type pg from "pg";
import { allEnded } from "../support/all-ended.ts";
import { type Db, schema } from "./client.ts";
import { sqlStateOf } from "./constraint.ts";
import { locks } from "./locks.ts";

/*
 * The transaction in which table runs are moved.
 *
 * Everything that moves more than one table run does it in here: the dispatcher's pulses, the cancel
 * and resume of runs, uploads. They take one advisory lock first, so that they
 * follow one another over all daemons. That gives three things at once: no deadlock, whatever order
 * the rows come in; limits of concurrency that are counted exactly; and completions, new ready rows,
 * claims and the rows of the next jobs in one commit, as many at a time as have gathered meanwhile.
 *
 * A daemon that is stopped (SIGSTOP, a paused machine) inside the transaction would hold all others
 * up. PostgreSQL itself ends its session after `idleMs`, which rolls back and frees the lock; but not
 * where it was stopped before it had read the whole of an answer: such a session is ended by the
 * first that has waited for the lock in vain.
 */

const idleMs = 5_000;
/** For the lock, and for rows that others have locked: a wait must not become everybody's. */
const lockMs = 10_000;

const begin = `begin isolation level read committed;
  set local idle_in_transaction_session_timeout = ${idleMs}`;
const beginAlone = `${begin}; set local lock_timeout = ${lockMs};
  select pg_advisory_xact_lock(${locks.transition})`;

const endStopped = `
  select a.pid, pg_terminate_backend(a.pid) as ended
  from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.objid = ${locks.transition}
    and l.database = (select oid from pg_database where datname = current_database())
    and a.wait_event = 'ClientWrite'
    and a.xact_start < clock_timestamp() - make_interval(secs => ${lockMs / 1000})`;

const lockTimeout = "55P03";
/** deadlock_detected, serialization_failure */
const passingConflicts = new Set(["40P01", "40001"]);
const mostRepeats = 3;

export interface Transition {
  /**
   * A hot statement: `name` makes PostgreSQL keep its plan for the connection. Statements are sent
   * as they are asked for, without a wait for the answers of those before (db/client.ts), and are
   * carried out in that order: those that need no answer are best asked for together, by `allEnded`.
   */
  query<Row>(name: string, text: string, values: unknown[]): Promise<Row[]>;
  /** The same for the last one, with the commit right behind it. */
  queryAndCommit<Row>(name: string, text: string, values: unknown[]): Promise<Row[]>;
  /** The same transaction for code that speaks Drizzle. Do not open transactions on it. */
  tx: Db;
}

/** `work` is done again where others were in its way: it must do nothing outside of the transition. */
export async function inTransition<T>(
  pool: pg.Pool,
  work: (transition: Transition) => Promise<T>,
): Promise<T> {
  try {
    return await repeatTransact(pool, beginAlone, work);
  } catch (error) {
    if (sqlStateOf(error) === lockTimeout) await pool.query(endStopped);
    throw error;
  }
}

/** The same without the lock, for what only adds rows that nobody sees before the commit. */
export function inTransaction<T>(
  pool: pg.Pool,
  work: (transition: Transition) => Promise<T>,
): Promise<T> {
  return repeatTransact(pool, begin, work);
}

/** PostgreSQL ends one of those that wait for each other, and asks for it to be repeated. */
async function repeatTransact<T>(
  pool: pg.Pool,
  beginning: string,
  work: (transition: Transition) => Promise<T>,
): Promise<T> {
  for (let repeats = 0; ; repeats += 1) {
    try {
      return await transact(pool, beginning, work);
    } catch (error) {
      const isPassing = passingConflicts.has(sqlStateOf(error) ?? "");
      if (!isPassing || repeats === mostRepeats) throw error;
    }
  }
}

async function transact<T>(
  pool: pg.Pool,
  beginning: string,
  work: (transition: Transition) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // An ended session tells twice: to the query under way, and here where there is none.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on("error", onError);
  const query = async <Row>(name: string, text: string, values: unknown[]) =>
    (await client.query({ name, text, values })).rows as Row[];
  let isCommitted = false;
  let tx: Db | undefined;
  const transition: Transition = {
    query,
    async queryAndCommit<Row>(name: string, text: string, values: unknown[]) {
      isCommitted = true;
      const [rows] = await allEnded([query<Row>(name, text, values), client.query("commit")]);
      return rows;
    },
    // Made where it is asked for: most pulses need none.
    get tx() {
      tx ??= drizzle(client, { schema, casing: "snake_case" });
      return tx;
    },
  };
  try {
    // A beginning that fails fails all that was sent behind it: nothing runs outside of it.
    const [, result] = await allEnded([client.query(beginning), work(transition)]);
    if (!isCommitted) await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}
