import { sql } from "drizzle-orm";
import pg from "pg";
import type { ChangeEvent } from "../../shared/event.ts";
import type { Log } from "../support/log.ts";
import type { Db } from "./client.ts";

/**
 * Changes told between processes by NOTIFY: a latency hint and never a record.
 *
 * `publish` reaches this process's subscribers at once, and the others in batches of `batchMs` on
 * one connection: a NOTIFY inside each transaction would serialize all commits of the database on
 * its queue lock. What a crash or a broken connection loses, the loops' polls and the clients'
 * refetch cover. After a reconnect subscribers get events with a null id, so that they look.
 */
export interface Changes {
  publish(event: ChangeEvent): void;
  /** Returns the unsubscription. */
  subscribe(listener: (event: ChangeEvent) => void): () => void;
  close(): Promise<void>;
}

const channel = "maestro_changes";
/** What loops wait for. Also those that back off, as PostgreSQL was away, look again at once. */
const missable = ["run", "transfer", "frequency"] as const;
const batchMs = 40;
const heartbeatMs = 10_000;
const answerMs = 10_000;
const closeMs = 3_000;
/** PostgreSQL refuses a payload of 8,000 bytes or more. */
const maxPayload = 7_500;

/** Tells all processes with the commit of a transaction; for one that has no `Changes` of its own. */
export async function notifyAtCommit(tx: Db, event: ChangeEvent): Promise<void> {
  const [payload] = packEvents("transaction", [event]);
  await tx.execute(sql`select pg_notify(${channel}, ${payload})`);
}

export function createChanges(connectionString: string, log: Log): Changes {
  const origin = Math.random().toString(36).slice(2, 10);
  const listeners = new Set<(event: ChangeEvent) => void>();
  let queue: ChangeEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  let client: pg.Client | undefined;
  let closed = false;

  const deliver = (event: ChangeEvent) => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        // Thrown on, it would end the process, or fail what is committed and was only to be told.
        log.error({ err: error, event }, "changes: a subscriber failed");
      }
    }
  };

  const flush = async () => {
    timer = undefined;
    const events = queue;
    queue = [];
    if (!client) return;
    for (const payload of packEvents(origin, events)) {
      await client.query("select pg_notify($1, $2)", [channel, payload]).catch(() => undefined);
    }
  };

  /** One after another: a connection carries one query at a time. */
  let flushed: Promise<void> = Promise.resolve();
  const flushInTurn = () => {
    flushed = flushed.then(flush);
    return flushed;
  };

  const connect = async () => {
    if (closed) return;
    const next = newClient(connectionString);
    // Once for each client: one that could not be reached at all has its end too.
    next.once("end", () => {
      if (client === next) client = undefined;
      if (!closed) setTimeout(reconnect, 1_000).unref();
    });
    next.on("notification", ({ payload }) => {
      for (const event of readEvents(payload, origin)) deliver(event);
    });
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
      client = next;
      for (const noun of missable) deliver({ noun, id: null });
    } catch (error) {
      log.warn({ err: error }, "changes: not listening; polls cover it until the next try");
      // Connected and yet not listening, it would neither end by itself nor be tried again.
      void next.end().catch(() => undefined);
    }
  };
  let connecting = connect();
  function reconnect() {
    connecting = connect();
  }

  const end = async () => {
    // A connection that is being made would outlive us.
    await connecting;
    await flushInTurn();
    await client?.end();
  };

  return {
    publish(event) {
      deliver(event);
      queue.push(event);
      timer ??= setTimeout(flushInTurn, batchMs);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      // Of a server that hangs or goes away meanwhile the end may never be told.
      const overdue = Promise.withResolvers<void>();
      const limit = setTimeout(overdue.resolve, closeMs);
      await Promise.race([end(), overdue.promise]).finally(() => clearTimeout(limit));
    },
  };
}

function newClient(connectionString: string): pg.Client {
  const client: pg.Client = new pg.Client({
    connectionString,
    application_name: "maestro changes",
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 10_000,
    query_timeout: answerMs,
  });
  client.on("error", () => undefined);
  // A server that is gone without a word tells nothing, and ends nothing: asking it does.
  const heartbeat = setInterval(() => {
    client.query("select 1").catch(() => client.connection.stream.destroy());
  }, heartbeatMs).unref();
  client.once("end", () => clearInterval(heartbeat));
  return client;
}

/** Other processes' events. What is no payload of ours tells nothing: anybody may use the channel. */
function readEvents(payload: string | undefined, origin: string): ChangeEvent[] {
  try {
    const parsed: unknown = JSON.parse(payload ?? "");
    if (!Array.isArray(parsed) || parsed[0] === origin || !Array.isArray(parsed[1])) return [];
    return parsed[1].filter((event) => typeof event?.noun === "string") as ChangeEvent[];
  } catch {
    return [];
  }
}

/** As few payloads as fit; equal events are sent once. */
function packEvents(origin: string, events: ChangeEvent[]): string[] {
  const texts = [...new Set(events.map((event) => JSON.stringify(event)))];
  const payloads: string[] = [];
  let batch: string[] = [];
  let size = 0;
  const close = () => {
    if (batch.length > 0) payloads.push(`["${origin}",[${batch.join(",")}]]`);
    batch = [];
    size = 0;
  };
  for (const text of texts) {
    if (size + text.length > maxPayload) close();
    batch.push(text);
    size += text.length + 1;
  }
  close();
  return payloads;
}
