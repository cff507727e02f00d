import type { Target } from "../support/report.ts";
import { type Comparison, type Contestant, compare } from "../support/rounds.ts";
import { type Field, floor, httpFloor, oursOn, perJob, quietLimitSeconds } from "./field.ts";
import type { FloorVia } from "./floor.task.ts";
import { type BenchTable, chain, independent, realistic } from "./graphs.ts";
import type { QueueInput } from "./queues.ts";
import { ratioTarget } from "./ratio-target.ts";

/** What is asked of the figures: a multiple of the floor's in the same round. */
const reach = 2;

interface Work {
  title: string;
  tables: BenchTable[];
  /** How many at a time. */
  width: number;
  isWarm: boolean;
  log: (message: string) => void;
}

interface Sizes {
  single: number;
  levels: number;
  real: number;
  /** Tables of the naive version: it takes a second for `width` of them, or for one level. */
  naive: { single: number; levels: number } | null;
}

/** Jobs that take no time: all that is measured is overhead. */
export async function compareEmptyJobs(
  field: Field,
  options: { sizes: Sizes; width: number; suffix: string; log: Work["log"] },
): Promise<Comparison[]> {
  const { sizes, width, suffix, log } = options;
  const { single, levels, real, naive } = sizes;
  const shapes = [
    {
      work: { title: `${single} independent tables, seconds a job`, tables: independent(single) },
      width,
      shape: "independent" as const,
      naive: naive && independent(naive.single),
    },
    {
      work: { title: `chain of ${levels} levels, seconds a level`, tables: chain(levels) },
      width: 1,
      shape: "chain" as const,
      naive: naive && chain(naive.levels),
    },
    {
      work: {
        title: `realistic graph of ${real} tables, seconds a job`,
        tables: realistic(real, 0),
      },
      width,
      shape: null,
      naive: null,
    },
  ];
  const comparisons: Comparison[] = [];
  for (const [at, each] of shapes.entries()) {
    const title = `${each.work.title}${suffix}`;
    const work = { ...each.work, title, width: each.width, isWarm: at > 0, log };
    const more = [
      ...naiveOn(field, each.naive, each.width),
      ...(each.shape ? queuesOn(field, each.shape, work) : []),
    ];
    comparisons.push(await compareWork(field, work, work.tables.length, more));
  }
  return comparisons;
}

/** Jobs that take a fixed time: the overhead beside it, of each job in its slot and of each level. */
export async function compareFixedJobs(
  field: Field,
  options: {
    single: number;
    levels: number;
    width: number;
    jobMs: number;
    levelMs: number;
    suffix: string;
    log: Work["log"];
  },
): Promise<Comparison[]> {
  const { single, levels, width, jobMs, levelMs, suffix, log } = options;
  const common = { isWarm: true, log };
  const singles: Work = {
    ...common,
    title: `${single} independent tables of ${jobMs} ms, ${width} at a time, seconds a job beside its own time${suffix}`,
    tables: independent(single, jobMs),
    width,
  };
  const chained: Work = {
    ...common,
    title: `chain of ${levels} levels of ${levelMs} ms, seconds a level beside its job's time${suffix}`,
    tables: chain(levels, levelMs),
    width: 1,
  };
  // The floor's figure is a mean over waves, and needs fewer of them.
  const floorOf = (count: number, waves: number) => Math.min(count, waves);
  return [
    await compareWork(field, singles, floorOf(single, width * 10), []),
    await compareWork(field, chained, floorOf(levels, 40), []),
  ];
}

/** Both floors and ours, and whoever else; seconds beside the jobs' own time. */
async function compareWork(
  field: Field,
  work: Work,
  floorCount: number,
  more: Contestant[],
): Promise<Comparison> {
  const { title, tables, width, isWarm, log } = work;
  const durationMs = tables[0]?.durationMs ?? 0;
  const per = (jobs: number) => ({ jobs, count: overheadSeconds(jobs, width, durationMs) });
  const runFloor = (via: FloorVia) => () =>
    field.runFloor(via, { count: floorCount, width, durationMs });
  const runOurs = await oursOn(field, tables, width);
  const contestants: Contestant[] = [
    perJob(floor, "limit", runFloor("client"), per(floorCount)),
    perJob(httpFloor, "limit", runFloor("http"), per(floorCount)),
    perJob("ours", "ours", runOurs, per(tables.length)),
    ...more,
  ];
  const baselines = { baseline: floor, otherBaselines: [httpFloor] };
  return compare({ title, contestants, ...baselines, isWarm, quietLimitSeconds, log });
}

/**
 * The whole shared out among the jobs where they take no time; else what a slot takes for a job
 * beyond the job's own time, as the slots go from wave to wave.
 */
export function overheadSeconds(
  jobs: number,
  width: number,
  durationMs: number,
): (seconds: number) => number {
  if (durationMs === 0) return (seconds) => seconds / jobs;
  return (seconds) => seconds / Math.ceil(jobs / width) - durationMs / 1000;
}

function naiveOn(field: Field, tables: BenchTable[] | null, width: number): Contestant[] {
  if (!tables) return [];
  const jobs = tables.length;
  const name = `a plain loop that turns every second, on ${jobs} tables`;
  const measure = () => field.runNaive({ tables, width });
  return [perJob(name, "naive", measure, { jobs, count: (seconds) => seconds / jobs })];
}

function queuesOn(field: Field, shape: QueueInput["shape"], work: Work): Contestant[] {
  const jobs = work.tables.length;
  const per = { jobs, count: (seconds: number) => seconds / jobs };
  return field.queues
    .filter(({ shapes }) => shapes.includes(shape))
    .map(({ name, run }) =>
      perJob(name, "peer", () => run({ shape, count: jobs, width: work.width }), per),
    );
}

export function overheadTarget(comparison: Comparison): Target {
  return ratioTarget(comparison, { reach, digits: 2 });
}
