import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { Log } from "../support/log.ts";

/** Redis for short scripts. A call fails at once while it is away, and within seconds where it hangs. */
export interface Redis {
  run(script: string, keys: string[], values: string[]): Promise<unknown>;
  close(): void;
}

const answerMs = 2_000;
const mostPauseMs = 1_000;

/** Connects, trying for `timeoutSeconds`; throws `configuration` with the reason after that. */
export async function connectRedis(options: {
  url: string;
  timeoutSeconds: number;
  log: Log;
}): Promise<Redis> {
  const endMs = performance.now() + options.timeoutSeconds * 1_000;
  let isReached = false;
  // Most installations have none: its modules are not read then.
  const { createClient } = await import("redis");
  const client = createClient({
    url: options.url,
    // What cannot be sent now is another's to decide: no call waits for a connection.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 5_000,
      reconnectStrategy: (retries, cause) => {
        if (!isReached && performance.now() > endMs) return cause;
        return Math.min(mostPauseMs, 50 * 2 ** Math.min(retries, 10));
      },
    },
  });
  // It tells each fault, and ends the process with one that nobody hears.
  let isTold = false;
  client.on("error", (error: unknown) => {
    if (!isTold) options.log.warn({ err: error }, `redis is away: ${messageOf(error)}`);
    isTold = true;
  });
  client.on("ready", () => {
    if (isTold) options.log.info("redis is back");
    isTold = false;
  });
  try {
    await client.connect();
    isReached = true;
  } catch (cause) {
    client.destroy();
    throw new MaestroError("configuration", `Redis cannot be used: ${messageOf(cause)}`, { cause });
  }
  return {
    run: (script, keys, values) =>
      withinMs(answerMs, client.eval(script, { keys, arguments: values })),
    close: () => client.destroy(),
  };
}

async function withinMs<T>(ms: number, asked: Promise<T>): Promise<T> {
  const overdue = Promise.withResolvers<never>();
  const error = new MaestroError("transient", `Redis has not answered within ${ms / 1_000} s`, {
    retryable: true,
  });
  const timer = setTimeout(() => overdue.reject(error), ms);
  try {
    return await Promise.race([asked, overdue.promise]);
  } finally {
    clearTimeout(timer);
  }
}
