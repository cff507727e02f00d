import { readdirSync, readFileSync } from "node:fs";
import type pg from "pg";

/** What was done to the fleet, by the clock of this machine, which PostgreSQL shares. */
export interface Kill {
  room: string;
  atMs: number;
}

/** When no worker watched. */
export interface Outage {
  fromMs: number;
  toMs: number;
}

interface Row {
  id: string;
  pid: number | null;
  state: string;
  reason: string | null;
  wasOccupied: boolean;
}

export interface FleetFaults {
  /** Rooms that nobody has killed, and which are not there any more. */
  removed: string[];
  /** Rooms that died and were replaced too late, or not at all. */
  late: string[];
  /** Processes that no room is, and rooms that no process is. */
  strays: string[];
}

/** Holds the rooms of a fleet that was struck against what was done to them. */
export async function checkFleet(
  client: pg.Client,
  scheduler: string,
  options: {
    /** When the rooms that replace others served. */
    bornMs: number[];
    kills: Kill[];
    outages: Outage[];
    /** After its death, or after the worker that was killed meanwhile was followed by another. */
    limitMs: number;
    program: string;
  },
): Promise<{ faults: FleetFaults; slowestSeconds: number }> {
  const { bornMs: born, kills, outages, limitMs, program } = options;
  const { rows } = await client.query<Row>(
    `select r.id, r.pid, r.state, r.reason, r.occupied_at is not null as "wasOccupied"
     from rooms r join schedulers s on s.id = r.scheduler_id
     where s.name = $1 order by r.id`,
    [scheduler],
  );
  const killed = new Set(kills.map(({ room }) => room));
  const serves = ({ state }: Row) => state === "ready" || state === "occupied";
  const removed = rows
    .filter((row) => !killed.has(row.id) && !serves(row) && row.state !== "creating")
    .map(({ id, state, reason, wasOccupied }) => {
      const was = wasOccupied ? "occupied" : "ready";
      return `${id}, which was ${was}, is ${state}: ${reason}`;
    });
  // Each new room takes the place of the one that was killed longest ago and has none yet.
  const delays = kills.map(({ atMs }, index) => {
    const bornMs = born[index] ?? Number.POSITIVE_INFINITY;
    const outage = outages.find(({ fromMs, toMs }) => fromMs < bornMs && toMs > atMs);
    return bornMs - Math.max(atMs, outage?.toMs ?? 0);
  });
  const late = kills.flatMap(({ room }, index) => {
    const ms = delays[index] ?? 0;
    return ms > limitMs ? [`${room}: after ${(ms / 1_000).toFixed(1)} s`] : [];
  });
  return {
    faults: { removed, late, strays: straysAmong(rows.filter(serves), program) },
    slowestSeconds: Math.max(0, ...delays) / 1_000,
  };
}

function straysAmong(rows: Row[], program: string): string[] {
  const pids = new Set(rows.map(({ pid }) => pid));
  const running = pidsOf(program);
  return [
    ...running.filter((pid) => !pids.has(pid)).map((pid) => `process ${pid} is no room`),
    ...rows
      .filter(({ pid }) => !running.includes(pid ?? 0))
      .map(({ id }) => `room ${id} has no process`),
  ];
}

/** Processes with that word among those that they were started with. */
export function pidsOf(word: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      return words.includes(word) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
