import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import * as frequencies from "../../drizzle/schema/frequencies.ts";
import * as notifications from "../../drizzle/schema/notifications.ts";
import * as runs from "../../drizzle/schema/runs.ts";
import * as schedulers from "../../drizzle/schema/schedulers.ts";
import * as settings from "../../drizzle/schema/settings.ts";
import * as slack from "../../drizzle/schema/slack.ts";
import * as tables from "../../drizzle/schema/tables.ts";
import * as transfers from "../../drizzle/schema/transfers.ts";
import * as users from "../../drizzle/schema/users.ts";
import { repeatQueries } from "./repeat-queries.ts";

export const schema = {
  ...frequencies,
  ...notifications,
  ...runs,
  ...schedulers,
  ...slack,
  ...settings,
  ...tables,
  ...transfers,
  ...users,
};

/** Drizzle over one pool. Inside `db.transaction(tx => …)` pass `tx` where a `Db` is asked for. */
export type Db = Pick<
  NodePgDatabase<typeof schema>,
  | "select"
  | "selectDistinct"
  | "selectDistinctOn"
  | "insert"
  | "update"
  | "delete"
  | "execute"
  | "transaction"
  | "$count"
  | "with"
>;

/** No statement of ours takes longer, but for those that wait for a lock: they are tried again. */
const answerMs = 30_000;

export interface DbClient {
  db: Db;
  pool: pg.Pool;
  close(): Promise<void>;
}

export function createDbClient(options: {
  connectionString: string;
  poolSize: number;
  applicationName: string;
  /** Of queries that failed for a connection fault and are safe to repeat; absent: none is repeated. */
  maxRetries?: number;
}): DbClient {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.poolSize,
    application_name: options.applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 10_000,
    // A server that is gone without a word would hold its statements for as long as TCP does.
    query_timeout: answerMs,
    // Statements that are asked for together travel together: see transition.ts.
    pipeline: true,
  });
  repeatQueries(pool, options.maxRetries ?? 0);
  // A connection that breaks fails the statement under way, and is replaced at the next. It says so
  // by an event besides, also while a transaction holds it, and one that nobody hears ends the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    // To compile a statement takes longer than to carry out the largest of ours.
    client.query("set jit = off").catch(() => undefined);
  });
  return { db: drizzle(pool, { schema, casing: "snake_case" }), pool, close: () => pool.end() };
}
