import { keepApiPresence } from "../../db/api-presence.ts";
import { startLoop } from "../../support/loop.ts";
import type { Deps } from "../deps.ts";

const longestPeriodMs = 2_000;
/** Of its periods: one that comes late is no gap. */
const periodsKept = 3;

/** Says that this process takes the pings of rooms, until it is stopped: watchers take no room for dead that had nobody to ping. */
export function keepPresence(deps: Pick<Deps, "db" | "log" | "roomTimeouts">): {
  stop(): Promise<void>;
} {
  const periodMs = Math.min(longestPeriodMs, deps.roomTimeouts.pingTimeoutSeconds * 200);
  return startLoop({
    name: "api presence",
    log: deps.log,
    periodMs,
    body: () => keepApiPresence(deps.db, periodsKept * periodMs),
  });
}
