import { setTimeout as delay } from "node:timers/promises";

/** Asks until it is so; fails with `what` when it has not become so in time. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  for (let pauseMs = 5; !(await isSo()); pauseMs = Math.min(50, pauseMs * 1.3)) {
    if (Date.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(pauseMs);
  }
}
