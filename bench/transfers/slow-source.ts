import { setTimeout as delay } from "node:timers/promises";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { startTcpProxy } from "../../test/support/tcp-proxy.ts";

/** What is sent late is made up for as long as it is not more than that. */
const burstMs = 50;

/** The same database as if it were elsewhere: each connection gives so many bytes a second at most. */
export async function slowSource(
  address: DatabaseAddress,
  bytesPerSecond: number,
): Promise<{ address: DatabaseAddress; close(): Promise<void> }> {
  const proxy = await startTcpProxy(address);
  const paidUntil = new WeakMap<object, number>();
  proxy.onBytes = async ({ from, bytes, connection }) => {
    if (from === "client") return undefined;
    const now = performance.now();
    const start = Math.max(now - burstMs, paidUntil.get(connection) ?? 0);
    const until = start + (1000 * bytes.length) / bytesPerSecond;
    paidUntil.set(connection, until);
    if (until > now) await delay(until - now);
    return undefined;
  };
  return {
    address: { ...address, host: "127.0.0.1", port: proxy.port },
    close: () => proxy.close(),
  };
}
