import type { BenchOptions } from "../support/options.ts";
import type { BenchResult } from "../support/report.ts";
import type { Comparison } from "../support/rounds.ts";
import { detectionTargets, measureDetection, observeDetection } from "./detection.ts";
import { type Field, openField } from "./field.ts";
import { realistic } from "./graphs.ts";
import { compareMakespan, makespanTarget } from "./makespan.ts";
import { compareEmptyJobs, compareFixedJobs, overheadTarget } from "./overhead.ts";
import { findQueues, type QueuePeer } from "./queues.ts";
import { openSetting } from "./setting.ts";

/** What the daemon has without settings. */
const concurrency = 16;

/** `jobMs` and `levelMs` are how long jobs take on the warehouse whose jobs take a fixed time. */
const sizesOf = {
  full: {
    single: 1_000,
    levels: 200,
    real: 2_000,
    naive: { single: 32, levels: 3 },
    jobMs: 100,
    levelMs: 50,
    // So that the work shared out takes as long as the critical path: the hardest to reach.
    makespanConcurrency: 48,
    detection: { jobsOfEachKind: 60, longestMs: 30_000 },
  },
  small: {
    single: 300,
    levels: 50,
    real: 200,
    naive: { single: 16, levels: 2 },
    jobMs: 100,
    levelMs: 50,
    makespanConcurrency: 16,
    detection: { jobsOfEachKind: 30, longestMs: 5_000 },
  },
};
type Sizes = (typeof sizesOf)["full"];
type Log = BenchOptions["log"];

/**
 * The engine over a warehouse whose jobs take no time, and over one whose jobs take the time they
 * are told; on PostgreSQL with its defaults, and with commits that take as long as a real disk's.
 */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const { size, peers, log } = options;
  const sizes = sizesOf[size];
  const queues = findQueues(peers);
  const result: BenchResult = {
    comparisons: [],
    observations: [],
    targets: [],
    verified: [
      "every table's job was inserted once in each round, none before the ends of its parents' jobs",
      "every run ended as succeeded",
    ],
    missing: [
      ...queues.flatMap(({ name, peer }) =>
        "missing" in peer ? [{ name, why: peer.missing }] : [],
      ),
      { name: "Airflow, Dagster", why: "services of their own, which this bench does not start" },
    ],
  };
  await withField([], queues, (field) => benchQuickDisk(field, sizes, result, log));
  const slow = ["commit_delay=2000", "commit_siblings=0"];
  await withField(slow, queues, (field) => benchSlowDisk(field, sizes, result, log));
  return result;
}

async function withField(
  settings: string[],
  queues: QueuePeer[],
  bench: (field: Field) => Promise<void>,
): Promise<void> {
  const setting = await openSetting(settings);
  try {
    const field = await openField(setting, queues);
    try {
      await bench(field);
    } finally {
      await field.close();
    }
  } finally {
    await setting.close();
  }
}

async function benchQuickDisk(
  field: Field,
  sizes: Sizes,
  result: BenchResult,
  log: Log,
): Promise<void> {
  const common = { width: concurrency, suffix: "", log };
  addOverheads(result, await compareEmptyJobs(field, { ...common, sizes }));
  addOverheads(result, await compareFixedJobs(field, { ...common, ...sizes }));
  const { real, jobMs, makespanConcurrency } = sizes;
  const fixed = await compareMakespan(field, {
    title: `realistic graph of ${real} tables of ${jobMs} ms`,
    tables: realistic(real, jobMs),
    concurrency,
    log,
  });
  const mixed = await compareMakespan(field, {
    title: `realistic graph of ${real} tables of mixed durations`,
    tables: realistic(real, "mixed"),
    concurrency: makespanConcurrency,
    log,
  });
  result.comparisons.push(fixed.comparison, mixed.comparison);
  result.targets.push(makespanTarget(mixed));
  const { latenesses, isNoisy } = await measureDetection(field, { ...sizes.detection, log });
  result.observations?.push(observeDetection(latenesses, mixed.latenesses, isNoisy));
  result.targets.push(...detectionTargets(latenesses));
}

async function benchSlowDisk(
  field: Field,
  { naive: _, ...sizes }: Sizes,
  result: BenchResult,
  log: Log,
): Promise<void> {
  const common = { width: concurrency, suffix: ", commits of 2 ms", log };
  addOverheads(
    result,
    await compareEmptyJobs(field, { ...common, sizes: { ...sizes, naive: null } }),
  );
  addOverheads(result, await compareFixedJobs(field, { ...common, ...sizes }));
}

function addOverheads(result: BenchResult, comparisons: Comparison[]): void {
  result.comparisons.push(...comparisons);
  result.targets.push(...comparisons.map(overheadTarget));
}
