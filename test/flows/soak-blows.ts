import { setTimeout as delay } from "node:timers/promises";
import type { openSoak } from "./soak-surroundings.ts";

export type Blow = "kill" | "stop" | "outage";

export interface BlowOptions {
  jobs: number;
  kills: number;
  /** Immediate stops of PostgreSQL. */
  stops: number;
  /** How often PostgreSQL is away, in turn refusing and saying nothing; a daemon is killed meanwhile. */
  outages: number;
  outageSeconds: number;
  /** How often a person cancels a run in its middle, to resume it afterwards. */
  cancels: number;
  /** The bundle of an older version, for one of the two daemons. */
  olderEngine?: URL;
}

/** Each falls when so many jobs are submitted; the last ones shortly before the end. */
export function planBlows(
  options: BlowOptions,
  random: () => number,
): { blow: Blow | "cancel"; atJobs: number }[] {
  const { jobs, kills, stops, outages, cancels } = options;
  const spread = (blow: Blow | "cancel", count: number) =>
    Array.from({ length: count }, (_, index) => ({
      blow,
      atJobs: Math.floor((jobs * 0.98 * (index + random())) / count),
    }));
  return [
    ...spread("kill", kills - outages),
    ...spread("stop", stops),
    ...spread("outage", outages),
    ...spread("cancel", cancels),
  ].sort((one, other) => one.atJobs - other.atJobs);
}

const slots = ["1", "2"];

/** Two daemons, and what befalls them. */
export function startDaemonsToStrike(
  { soak, warehouseUrl }: { soak: Awaited<ReturnType<typeof openSoak>>; warehouseUrl: string },
  { outageSeconds, olderEngine }: BlowOptions,
  random: () => number,
) {
  const done = { kill: 0, stop: 0, outage: 0 };
  const outages: { fromMs: number; toMs: number }[] = [];
  let lastMs = Date.now();
  const start = (slot: string, after = "") => {
    const engine = slot === "1" ? olderEngine : undefined;
    soak.startDaemon(slot, warehouseUrl, `${engine ? "old" : "new"} ${slot}${after}`, engine);
  };
  for (const slot of slots) start(slot);

  const kill = () => {
    done.kill += 1;
    const slot = slots[Math.floor(random() * slots.length)] ?? "1";
    soak.killDaemon(slot);
    start(slot, ` after kill ${done.kill}`);
  };
  const stop = async () => {
    done.stop += 1;
    await soak.stopPostgres();
  };
  const outage = async () => {
    const fromMs = Date.now();
    if (done.outage % 2 === 0) soak.away.refuse();
    else soak.away.hang();
    done.outage += 1;
    await delay(outageSeconds * 500);
    kill();
    await delay(outageSeconds * 500);
    soak.away.comeBack();
    outages.push({ fromMs, toMs: Date.now() });
  };

  return {
    done,
    outages,
    /** When the last one was over: the daemon started again, PostgreSQL back. */
    lastMs: () => lastMs,
    async strike(blow: Blow) {
      await { kill, stop, outage }[blow]();
      lastMs = Date.now();
    },
  };
}
