import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { isConnectionFault, isNeverSent } from "../support/connection-fault.ts";
import { backoffMs } from "../support/retry.ts";

/*
 * A query that failed as PostgreSQL could not be reached is tried again, where that changes nothing
 * twice: it never left this process, or it only reads. A change whose answer was lost may have been
 * made, and is told to its caller, who knows what to do about it. Of transactions only the connecting
 * is tried again.
 */

const longestPauseMs = 2_000;
const onlyReads = /^\s*select\s/i;
/** Functions that a `select` can change something with. */
const changes = /\b(nextval|setval|set_config|pg_notify|pg_advisory\w*|pg_try_advisory\w*)\s*\(/i;

/** Makes `pool.query` and `pool.connect` try again, `maxRetries` times at most. */
export function repeatQueries(pool: pg.Pool, maxRetries: number): void {
  if (maxRetries === 0) return;
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  const connect = pool.connect.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  const again = (isSafe: boolean, call: () => Promise<unknown>) =>
    repeat(pool, maxRetries, isSafe, call);
  Object.assign(pool, {
    query: (...args: unknown[]) => again(isReading(args[0]), () => query(...args)),
    connect: (...args: unknown[]) =>
      // With a callback it is the pool itself that asks, for a query.
      typeof args[0] === "function" ? connect(...args) : again(false, () => connect()),
  });
}

async function repeat(
  pool: pg.Pool,
  maxRetries: number,
  isSafe: boolean,
  call: () => Promise<unknown>,
): Promise<unknown> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const mayRepeat = isNeverSent(error) || (isSafe && isConnectionFault(error));
      if (!mayRepeat || attempt >= maxRetries || pool.ending) throw error;
      await delay(50 + backoffMs(attempt, Math.random, 100, longestPauseMs));
    }
  }
}

function isReading(query: unknown): boolean {
  const text = typeof query === "string" ? query : (query as { text?: string } | null)?.text;
  return text !== undefined && onlyReads.test(text) && !changes.test(text);
}
