import type pg from "pg";
import type { Log } from "../support/log.ts";
import { startLoop } from "../support/loop.ts";

const syncMs = 5_000;
/** Less is the network's time, and tells nobody anything. */
const noticedMs = 5_000;

/**
 * The clock that all daemons share: PostgreSQL's, carried on by this machine's monotonic one between
 * two looks. A machine whose own clock is wrong, or is set, so makes no tick too early: that tick
 * would stand for those to come, and its frequency be silent until then.
 */
export async function startSharedClock(
  pool: pg.Pool,
  log: Log,
): Promise<{ now(): Date; close(): Promise<void> }> {
  let atMs = Date.now();
  let measuredMs = performance.now();
  let isWarned = false;

  const nowMs = () => atMs + performance.now() - measuredMs;
  const sync = async () => {
    const askedMs = performance.now();
    const { rows } = await pool.query<{ ms: number }>(
      "select extract(epoch from clock_timestamp())::float8 * 1000 as ms",
    );
    measuredMs = performance.now();
    atMs = (rows[0]?.ms ?? Date.now()) + (measuredMs - askedMs) / 2;
    const aheadMs = Date.now() - atMs;
    const isWrong = Math.abs(aheadMs) > noticedMs;
    if (isWrong && !isWarned) {
      const seconds = Math.round(Math.abs(aheadMs) / 1000);
      const side = aheadMs > 0 ? "ahead of" : "behind";
      log.warn(`this machine's clock is ${seconds} s ${side} PostgreSQL's, which is used`);
    }
    isWarned = isWrong;
  };
  await sync();
  const loop = startLoop({ name: "clock", log, periodMs: syncMs, body: sync });
  return { now: () => new Date(nowMs()), close: () => loop.stop() };
}
