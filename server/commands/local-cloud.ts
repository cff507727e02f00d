import type { WarehouseLimits } from "../embedded/warehouse/job-limits.ts";
import type { Log } from "../support/log.ts";
import { aborted } from "./stop-signal.ts";

/** More than the turns of jobs, so that requests have some too. */
const threads = 64;

/**
 * DuckDB's statements each hold a thread of Node's pool: with its default of four, as many long
 * queries would leave none for anything else. Node reads its size before any of our code runs, so the
 * process begins anew, under the same id, where it was not told.
 */
export function widenThreadPool(environment: NodeJS.ProcessEnv): void {
  if (environment["UV_THREADPOOL_SIZE"] !== undefined || process.platform === "win32") return;
  process.execve?.(
    process.execPath,
    [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { ...environment, UV_THREADPOOL_SIZE: String(threads) },
  );
}

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
  limits: WarehouseLimits;
  signal: AbortSignal;
  log: Log;
}): Promise<number> {
  const { startLocalCloud } = await import("../embedded/local-cloud.ts");
  const cloud = await startLocalCloud(options);
  options.log.info({ url: cloud.url }, "local cloud: ready");
  const cause = await Promise.race([aborted(options.signal), cloud.ended]);
  options.log.info({ cause: cause ?? "signal" }, "local cloud: stopping");
  await cloud.close();
  return cause === "failed" ? 70 : 0;
}
