import { seededRandom } from "../support/statistics.ts";

export interface BenchTable {
  name: string;
  parents: string[];
  /** How long its job takes; 0 is no time. */
  durationMs: number;
}

export function independent(count: number): BenchTable[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `single_${index}`,
    parents: [],
    durationMs: 0,
  }));
}

export function chain(levels: number): BenchTable[] {
  return Array.from({ length: levels }, (_, index) => ({
    name: `level_${index}`,
    parents: index === 0 ? [] : [`level_${index - 1}`],
    durationMs: 0,
  }));
}

/**
 * A warehouse as teams have it: a fifth of the tables are sources, the rest read one to four tables,
 * mostly of the levels just above; durations are log-normal (median 300 ms, some ten times that).
 */
export function realistic(count: number): BenchTable[] {
  const random = seededRandom(count);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const tables: BenchTable[] = [];
  for (let index = 0; index < count; index += 1) {
    const durationMs = Math.round(Math.min(5_000, 300 * Math.exp(0.8 * gauss())));
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

/** No schedule is shorter than its longest path, nor than its work shared out evenly. */
export function lowerBoundSeconds(tables: BenchTable[], concurrency: number): number {
  const ends = new Map<string, number>();
  let workMs = 0;
  for (const { name, parents, durationMs } of tables) {
    workMs += durationMs;
    const startMs = Math.max(0, ...parents.map((parent) => ends.get(parent) ?? 0));
    ends.set(name, startMs + durationMs);
  }
  return Math.max(...ends.values(), workMs / concurrency) / 1000;
}
