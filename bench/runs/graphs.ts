import { seededRandom } from "../support/statistics.ts";

export interface BenchTable {
  /** Ends with the milliseconds that its job takes: the warehouse goes by it. */
  name: string;
  /** Each stands before the table in its list. */
  parents: string[];
  durationMs: number;
}

export function independent(count: number, durationMs = 0): BenchTable[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `single_${index}_d${durationMs}`,
    parents: [],
    durationMs,
  }));
}

export function chain(levels: number, durationMs = 0): BenchTable[] {
  const nameOf = (level: number) => `level_${level}_d${durationMs}`;
  return Array.from({ length: levels }, (_, level) => ({
    name: nameOf(level),
    parents: level === 0 ? [] : [nameOf(level - 1)],
    durationMs,
  }));
}

/**
 * A warehouse as teams have it: a fifth of the tables are sources, the rest read one to four tables,
 * mostly of those made just before. `mixed` durations are log-normal (median 300 ms, some ten times
 * that); the graph is the same for every kind of duration.
 */
export function realistic(count: number, duration: number | "mixed"): BenchTable[] {
  const random = seededRandom(count);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const tables: BenchTable[] = [];
  for (let index = 0; index < count; index += 1) {
    const drawnMs = Math.round(Math.min(5_000, 300 * Math.exp(0.8 * gauss())));
    const durationMs = duration === "mixed" ? drawnMs : duration;
    const parents = new Set<string>();
    const wanted = index < count / 5 ? 0 : 1 + Math.floor(random() * 4);
    for (let parent = 0; parent < wanted; parent += 1) {
      const back = Math.floor(random() ** 2 * index);
      parents.add(tables[random() < 0.7 ? index - 1 - back : Math.floor(random() * index)]!.name);
    }
    tables.push({ name: `real_${index}_d${durationMs}`, parents: [...parents], durationMs });
  }
  return tables;
}

/**
 * No schedule is shorter than its longest path, nor than its work shared out evenly, and jobs of
 * equal length end in whole waves.
 */
export function lowerBoundSeconds(tables: BenchTable[], concurrency: number): number {
  const ends = new Map<string, number>();
  let workMs = 0;
  for (const { name, parents, durationMs } of tables) {
    workMs += durationMs;
    const startMs = Math.max(0, ...parents.map((parent) => ends.get(parent) ?? 0));
    ends.set(name, startMs + durationMs);
  }
  const firstMs = tables[0]?.durationMs ?? 0;
  const isUniform = tables.every(({ durationMs }) => durationMs === firstMs);
  const wavesMs = isUniform ? Math.ceil(tables.length / concurrency) * firstMs : 0;
  return Math.max(...ends.values(), workMs / concurrency, wavesMs) / 1000;
}
