import type { Target } from "../support/report.ts";
import { type Comparison, compare } from "../support/rounds.ts";
import { type Field, oursOn, quietLimitSeconds } from "./field.ts";
import { type BenchTable, lowerBoundSeconds } from "./graphs.ts";
import { type Lateness, latenessOf } from "./lateness.ts";
import { ratioTarget } from "./ratio-target.ts";

const bound = "max(critical path, work / concurrency)";
const reach = 1.05;

export interface Makespan {
  comparison: Comparison;
  /** Of all queries in all rounds, in a graph that keeps the engine busy. */
  latenesses: Lateness[];
}

export async function compareMakespan(
  field: Field,
  options: {
    title: string;
    tables: BenchTable[];
    concurrency: number;
    log: (message: string) => void;
  },
): Promise<Makespan> {
  const { title, tables, concurrency, log } = options;
  const run = await oursOn(field, tables, concurrency);
  const boundSeconds = lowerBoundSeconds(tables, concurrency);
  const latenesses: Lateness[] = [];
  const comparison = await compare({
    title: `${title}, ${concurrency} at a time: makespan`,
    baseline: bound,
    isWarm: true,
    quietLimitSeconds,
    log,
    contestants: [
      {
        name: bound,
        role: "limit",
        measure: () =>
          Promise.resolve({ seconds: boundSeconds, cpuSeconds: null, peakRssBytes: null }),
      },
      {
        name: "ours",
        role: "ours",
        measure: async () => {
          const { runId, jobs, ...measurement } = await run();
          latenesses.push(...(await latenessOf(field.setting, runId, jobs)));
          return measurement;
        },
      },
    ],
  });
  return { comparison, latenesses };
}

export function makespanTarget({ comparison }: Makespan): Target {
  return ratioTarget(comparison, { reach, digits: 3 });
}
