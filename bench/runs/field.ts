import { insertCatalog } from "../../test/support/catalog.ts";
import { type OpenChild, openChild } from "../support/child.ts";
import type { Contestant, Measurement } from "../support/rounds.ts";
import type { FloorInput, FloorVia } from "./floor.task.ts";
import type { BenchTable } from "./graphs.ts";
import type { NaiveInput } from "./naive.task.ts";
import type { OursInput, OursOutput } from "./ours.task.ts";
import type { QueueInput, QueuePeer } from "./queues.ts";
import type { Setting, Surroundings } from "./setting.ts";
import type { Timed } from "./timed.ts";
import { verifyJobs } from "./verify.ts";

/** Names of contestants that ratios are taken against. */
export const floor = "one commit and two calls through Google's client";
export const httpFloor = "one commit and two bare HTTP calls";

/** For each comparison: there are many. */
export const quietLimitSeconds = 10;

/**
 * The contestants on one setting: each in a process of its own, which is kept, as a daemon is, so
 * that memory and CPU are its own and its code is compiled. All but one are idle at any time.
 */
export interface Field {
  setting: Setting;
  /** The run's id and its jobs beside the measurement: the whole run's seconds. */
  runOurs(input: OursInput): Promise<OurRun>;
  runFloor(via: FloorVia, input: FloorInput): Promise<Measurement>;
  runNaive(input: NaiveInput): Promise<Measurement>;
  queues: Queue[];
  close(): Promise<void>;
}

interface Queue {
  name: string;
  shapes: QueueInput["shape"][];
  run(input: QueueInput): Promise<Measurement>;
}

export interface OurRun extends Measurement {
  runId: number;
  jobs: Awaited<ReturnType<Setting["takeJobs"]>>;
}

export async function openField(setting: Setting, peers: QueuePeer[]): Promise<Field> {
  const children: OpenChild<never, unknown>[] = [];
  const open = async <Input, Output extends Timed>(task: string, setup: Surroundings) => {
    const child = await openChild<Input, Output>(new URL(task, import.meta.url), setup);
    children.push(child);
    return async (input: Input): Promise<Output & Measurement> => {
      const { output, peakRssBytes } = await child.measure(input);
      return { ...output, peakRssBytes };
    };
  };
  const ours = await open<OursInput, OursOutput>("./ours.task.ts", setting.surroundings);
  const others = await setting.openDatabase("others");
  const openFloor = (via: FloorVia) =>
    open<FloorInput, Timed>("./floor.task.ts", { ...others, via } as Surroundings);
  const floors = { client: await openFloor("client"), http: await openFloor("http") };
  const naive = await open<NaiveInput, Timed>("./naive.task.ts", others);
  const queues: Queue[] = [
    {
      name: "claims by SKIP LOCKED alone, no warehouse calls",
      shapes: ["independent"],
      run: await open<QueueInput, Timed>("./skip-locked.task.ts", others),
    },
  ];
  for (const { name, task, peer } of peers) {
    if ("missing" in peer) continue;
    queues.push({
      name: `${name} as a bare queue, no warehouse calls`,
      shapes: ["independent", "chain"],
      run: await open<QueueInput, Timed>(task, { ...others, ...peer }),
    });
  }
  return {
    setting,
    runOurs: async (input) => ({ ...(await ours(input)), jobs: await setting.takeJobs() }),
    async runFloor(via, input) {
      const measured = await floors[via](input);
      const jobs = await setting.takeJobs();
      if (jobs.length !== input.count) throw new Error(`${jobs.length} jobs of ${input.count}`);
      return measured;
    },
    async runNaive(input) {
      const measured = await naive(input);
      verifyJobs(input.tables, await setting.takeJobs());
      return measured;
    },
    queues,
    async close() {
      await Promise.all(children.map((child) => child.close()));
    },
  };
}

let datasets = 0;

/** Puts the tables into the catalog, and makes a run of them, verified, each time it is measured. */
export async function oursOn(
  field: Field,
  tables: BenchTable[],
  concurrency: number,
): Promise<() => Promise<OurRun>> {
  datasets += 1;
  const ids = await insertCatalog(field.setting.db, tables, `bench_${datasets}`);
  const tableIds = [...ids.values()];
  return async () => {
    const run = await field.runOurs({ tableIds, concurrency });
    verifyJobs(tables, run.jobs);
    return run;
  };
}

/** A contestant whose figures are those of one job: seconds as they are counted, CPU as its share. */
export function perJob(
  name: string,
  role: Contestant["role"],
  measure: () => Promise<Measurement>,
  { jobs, count }: { jobs: number; count: (seconds: number) => number },
): Contestant {
  return {
    name,
    role,
    measure: async () => {
      const { seconds, cpuSeconds, peakRssBytes } = await measure();
      const cpuShare = cpuSeconds === null ? null : cpuSeconds / jobs;
      return { seconds: count(seconds), cpuSeconds: cpuShare, peakRssBytes };
    },
  };
}
