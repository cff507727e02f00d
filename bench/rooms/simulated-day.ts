import {
  type AutoscalingDecision,
  availableOf,
  decideScaling,
  usageOf,
} from "../../server/domain/autoscaling.ts";
import { specificationSchema } from "../../shared/scheduler.ts";
import { seededRandom } from "../support/statistics.ts";

/*
 * A day of a fleet of up to 10,000 rooms under the rules of the autoscaler, by a clock of its own: a
 * period is a step. People come and go in two waves, a crowd comes all at once at 20:00, and rooms take
 * some time to become ready. Nothing else of Maestro takes part.
 */

export interface Moment {
  hour: number;
  wanted: number;
  occupied: number;
  available: number;
}

export interface SimulatedDay {
  moments: Moment[];
  /** Of all room-seconds that were wanted, in per cent. */
  unmetPerCent: number;
  decisions: AutoscalingDecision[];
}

const periodSeconds = 10;
const periods = 86_400 / periodSeconds;
const bootPeriods = { least: 2, most: 6 };

export const fleet = specificationSchema.parse({
  name: "fleet",
  cmd: ["room"],
  autoscaling: {
    min: 300,
    max: 10_000,
    up: {
      metricsTrigger: [{ type: "room", usage: 70, threshold: 80, time: 120, limit: 85 }],
      cooldown: 60,
    },
    down: {
      metricsTrigger: [{ type: "room", usage: 60, threshold: 80, time: 600 }],
      cooldown: 120,
    },
  },
}).autoscaling;

export function simulateDay(): SimulatedDay {
  const random = seededRandom(24);
  const moments: Moment[] = [];
  const decisions: AutoscalingDecision[] = [];
  const points = { up: [[]] as number[][], down: [[]] as number[][] };
  /** In which period the rooms that are creating become ready. */
  const born = new Map<number, number>();
  const counts = { creating: 0, ready: fleet.min, occupied: 0 };
  let scaledAt: number | null = null;
  let sums = { wanted: 0, unmet: 0 };
  for (let period = 0; period < periods; period += 1) {
    const hour = (period * periodSeconds) / 3_600;
    const wanted = Math.round(demand(hour) * (0.98 + 0.04 * random()));
    const up = born.get(period) ?? 0;
    counts.creating -= up;
    const free = counts.ready + counts.occupied + up;
    counts.occupied = Math.min(wanted, free);
    counts.ready = free - counts.occupied;
    sums = { wanted: sums.wanted + wanted, unmet: sums.unmet + wanted - counts.occupied };
    const measured = { cpu: null, mem: null, queue: null };
    const usage = usageOf("room", { counts, measured, autoscaling: fleet });
    for (const each of [points.up[0], points.down[0]]) if (usage !== null) each?.push(usage);
    const sinceScaledSeconds = scaledAt === null ? null : (period - scaledAt) * periodSeconds;
    const decision = decideScaling({
      state: "active",
      counts,
      autoscaling: fleet,
      measured,
      points,
      periodSeconds,
      sinceScaledSeconds,
    });
    if (decision) {
      decisions.push(decision);
      scaledAt = period;
      if (decision.delta < 0) counts.ready += decision.delta;
      else start(decision.delta, period);
    }
    const { occupied } = counts;
    moments.push({ hour, wanted, occupied, available: availableOf(counts) });
  }
  return { moments, decisions, unmetPerCent: (100 * sums.unmet) / sums.wanted };

  function start(count: number, period: number): void {
    counts.creating += count;
    const span = bootPeriods.most - bootPeriods.least + 1;
    for (let room = 0; room < count; room += 1) {
      const at = period + bootPeriods.least + Math.floor(random() * span);
      born.set(at, (born.get(at) ?? 0) + 1);
    }
  }
}

/** Rooms that people ask for. */
function demand(hour: number): number {
  const wave = (peak: number, width: number, height: number) =>
    height * Math.exp(-(((hour - peak) / width) ** 2));
  const crowd = hour >= 20 && hour < 21.5 ? 1_500 : 0;
  return 150 + wave(12.5, 2.5, 3_800) + wave(19.5, 2.6, 5_600) + crowd;
}
