import { noisyCores, waitForQuiet, watchForeignLoad } from "./quiet.ts";
import { type Spread, seededRandom, shuffled, spreadOf } from "./statistics.ts";

/** One way of doing the measured work. */
export interface Contestant {
  name: string;
  role: "limit" | "ours" | "naive" | "peer";
  /** Does the work once and proves its result right before it answers; throws where it is wrong. */
  measure: () => Promise<Measurement>;
}

export interface Measurement {
  /** The figure that is compared: seconds, or seconds per something. */
  seconds: number;
  cpuSeconds: number | null;
  peakRssBytes: number | null;
}

export interface ContestantResult {
  name: string;
  role: Contestant["role"];
  seconds: Spread;
  cpuSeconds: Spread | null;
  peakRssBytes: Spread | null;
  /** Its seconds over the baseline's of the same round; below 1 is faster than the baseline. */
  ratio: Spread;
}

export interface Comparison {
  title: string;
  baseline: string;
  rounds: number;
  /** Rounds that others' load spoiled, and that were done again. */
  droppedRounds: number;
  /** Rounds that counted although others' load never ceased. */
  noisyRounds: number;
  contestants: ContestantResult[];
}

/**
 * Measures the contestants in rounds, each round in a new order. A round in which other processes
 * took the cores is dropped and repeated; once as many are dropped as were asked for, noisy ones
 * count too and the comparison says so. Waiting for quiet has a limit for the whole comparison, so that
 * a machine that others keep busy gives figures too. The first round warms up and never counts.
 */
export async function compare(options: {
  title: string;
  contestants: Contestant[];
  /** The contestant that ratios are taken against. */
  baseline: string;
  rounds?: number;
  /** How long the comparison may wait for quiet cores in all. */
  quietLimitSeconds?: number;
  log: (message: string) => void;
}): Promise<Comparison> {
  const rounds = Math.max(5, options.rounds ?? 5);
  const random = seededRandom(rounds);
  const kept: Map<string, Measurement>[] = [];
  let droppedRounds = 0;
  let noisyRounds = 0;
  let patienceSeconds = options.quietLimitSeconds ?? 30;
  await measureRound(shuffled(options.contestants, random));
  while (kept.length < rounds) {
    const waitedFrom = performance.now();
    await waitForQuiet(patienceSeconds);
    patienceSeconds -= (performance.now() - waitedFrom) / 1000;
    const foreignLoad = watchForeignLoad();
    const round = await measureRound(shuffled(options.contestants, random));
    const noisy = foreignLoad() > noisyCores;
    if (noisy && droppedRounds < rounds && patienceSeconds > 0) {
      droppedRounds += 1;
      continue;
    }
    if (noisy) noisyRounds += 1;
    kept.push(round);
    options.log(`${options.title}: round ${kept.length} of ${rounds} (${droppedRounds} dropped)`);
  }
  const contestants = options.contestants.map(({ name, role }) =>
    summarize(name, role, kept, options.baseline),
  );
  const { title, baseline } = options;
  return { title, baseline, rounds, droppedRounds, noisyRounds, contestants };
}

async function measureRound(contestants: Contestant[]): Promise<Map<string, Measurement>> {
  const round = new Map<string, Measurement>();
  for (const contestant of contestants) round.set(contestant.name, await contestant.measure());
  return round;
}

function summarize(
  name: string,
  role: Contestant["role"],
  rounds: Map<string, Measurement>[],
  baseline: string,
): ContestantResult {
  const pick = (contestant: string, field: keyof Measurement) =>
    rounds.map((round) => round.get(contestant)?.[field]).filter((value) => value != null);
  const seconds = pick(name, "seconds");
  const cpu = pick(name, "cpuSeconds");
  const rss = pick(name, "peakRssBytes");
  const base = pick(baseline, "seconds");
  return {
    name,
    role,
    seconds: spreadOf(seconds),
    cpuSeconds: cpu.length > 0 ? spreadOf(cpu) : null,
    peakRssBytes: rss.length > 0 ? spreadOf(rss) : null,
    ratio: spreadOf(seconds.map((value, index) => value / (base[index] ?? Number.NaN))),
  };
}
