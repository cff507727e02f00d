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
  /** The same over each of the comparison's `otherBaselines`, in their order. */
  otherRatios: Spread[];
}

export interface Comparison {
  title: string;
  baseline: string;
  /** Contestants that ratios are given against too, for information. */
  otherBaselines: string[];
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
 * a machine that others keep busy gives figures too. The first round warms up and never counts,
 * unless the contestants are warm already.
 */
export async function compare(options: {
  title: string;
  contestants: Contestant[];
  /** The contestant that ratios are taken against. */
  baseline: string;
  otherBaselines?: string[];
  rounds?: number;
  isWarm?: boolean;
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
  if (!options.isWarm) await measureRound(shuffled(options.contestants, random));
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
  const { title, baseline, otherBaselines = [] } = options;
  const contestants = options.contestants.map(({ name, role }) =>
    summarize(name, role, kept, [baseline, ...otherBaselines]),
  );
  return { title, baseline, otherBaselines, rounds, droppedRounds, noisyRounds, contestants };
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
  baselines: string[],
): ContestantResult {
  const pick = (field: keyof Measurement) =>
    rounds.map((round) => round.get(name)?.[field]).filter((value) => value != null);
  const cpu = pick("cpuSeconds");
  const rss = pick("peakRssBytes");
  const secondsOf = (round: Map<string, Measurement>, contestant: string) =>
    round.get(contestant)?.seconds ?? Number.NaN;
  const [ratio, ...otherRatios] = baselines.map((baseline) =>
    spreadOf(rounds.map((round) => secondsOf(round, name) / secondsOf(round, baseline))),
  );
  if (ratio === undefined) throw new Error("a comparison has a baseline");
  return {
    name,
    role,
    seconds: spreadOf(pick("seconds")),
    cpuSeconds: cpu.length > 0 ? spreadOf(cpu) : null,
    peakRssBytes: rss.length > 0 ? spreadOf(rss) : null,
    ratio,
    otherRatios,
  };
}
