import type { Log } from "../support/log.ts";
import { aborted } from "./stop-signal.ts";

/**
 * The role `local-cloud`: runs until `signal` aborts, or until nobody needs it. Answers the exit
 * code; 70 tells the owner to start it again.
 */
export async function runLocalCloud(options: {
  dataDir: string;
  host: string;
  port: number;
  /** Does not end when nobody asks for anything. */
  standalone: boolean;
  signal: AbortSignal;
  log: Log;
  /** This process's environment. */
  environment: Record<string, string | undefined>;
}): Promise<number> {
  // DuckDB's statements each hold a thread of Node's pool: with its default of four, as many long
  // queries would leave none for anything else. It is read when the pool is first used.
  options.environment["UV_THREADPOOL_SIZE"] ??= "64";
  const { startLocalCloud } = await import("../embedded/local-cloud.ts");
  const cloud = await startLocalCloud(options);
  options.log.info({ url: cloud.url }, "local cloud: ready");
  const cause = await Promise.race([aborted(options.signal), cloud.ended]);
  options.log.info({ cause: cause ?? "signal" }, "local cloud: stopping");
  await cloud.close();
  return cause === "failed" ? 70 : 0;
}
