import type { BigQuery } from "@google-cloud/bigquery";
import { createGoogleClients } from "../../server/connectors/google-clients.ts";
import { startEngine } from "../../server/daemon/engine.ts";
import { startRun } from "../../server/services/runs/start-run.ts";
import { insertCatalog } from "../../test/support/catalog.ts";
import { chooseTables, nobody } from "../../test/support/choose-tables.ts";
import type { BenchOptions } from "../support/options.ts";
import type { BenchResult, Target } from "../support/report.ts";
import { type Comparison, compare, type Measurement } from "../support/rounds.ts";
import { type BenchTable, chain, independent, lowerBoundSeconds, realistic } from "./graphs.ts";
import { type BenchJob, openSetting, type Setting } from "./setting.ts";

const concurrency = 16;

/**
 * The engine over a warehouse whose jobs take no time, and over one whose jobs take the time they
 * are told. The floor is what any engine over Google's client has to pay for a job: one commit, and
 * two calls (insert, and the await that says it is done).
 */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const full = options.size === "full";
  const sizes = full
    ? { single: 1_000, levels: 200, real: 2_000 }
    : { single: 300, levels: 50, real: 200 };
  const comparisons: Comparison[] = [];
  const targets: Target[] = [];
  const disks = [
    { name: "", settings: [] as string[] },
    { name: ", commits of 2 ms", settings: ["commit_delay=2000", "commit_siblings=0"] },
  ];
  for (const disk of disks) {
    const setting = await openSetting({ concurrency, settings: disk.settings });
    try {
      const add = async (what: string, tables: BenchTable[], width: number) => {
        const title = `${what}${disk.name}`;
        const comparison = await compareOverhead(setting, title, tables, width, options.log);
        comparisons.push(comparison);
        targets.push(ratioTarget(comparison, "ours", 2));
      };
      await add(
        `${sizes.single} independent tables, seconds a job`,
        independent(sizes.single),
        concurrency,
      );
      await add(`chain of ${sizes.levels} levels, seconds a level`, chain(sizes.levels), 1);
      if (disk.name === "") {
        const { comparison, latencies } = await compareMakespan(setting, sizes.real, options.log);
        comparisons.push(comparison);
        targets.push(ratioTarget(comparison, "ours", 1.05), latencyTarget(latencies));
      }
    } finally {
      await setting.close();
    }
  }
  return {
    comparisons,
    targets,
    verified: [
      "every table's job was inserted once in each round, none before the ends of its parents' jobs",
      "every run ended as succeeded",
    ],
    missing: [
      {
        name: "graphile-worker, Airflow, Dagster",
        why: "not installed; BENCH.md has their figures",
      },
    ],
  };
}

async function compareOverhead(
  setting: Setting,
  title: string,
  tables: BenchTable[],
  width: number,
  log: (message: string) => void,
): Promise<Comparison> {
  const ids = await insertCatalog(setting.deps.db, tables, `bench_${tables.length}`);
  const floor = await openFloor(setting);
  return compare({
    title,
    baseline: "floor",
    log,
    contestants: [
      {
        name: "floor",
        role: "limit",
        measure: () => timed(tables.length, () => floor(tables.length, width)),
      },
      {
        name: "ours",
        role: "ours",
        measure: async () => perJob(await runOnce(setting, tables, ids), tables.length),
      },
    ],
  });
}

/** One commit and two calls a job, `width` jobs at a time. */
async function openFloor({ deps, warehouseUrl, takeJobs }: Setting) {
  const clients = { projectId: "test", location: "US", localCloudUrl: warehouseUrl };
  const { bigquery } = await createGoogleClients(clients);
  const call = (request: object) =>
    new Promise<void>((resolve, reject) =>
      bigquery.request(request as Parameters<BigQuery["request"]>[0], (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  await deps.pool.query("create table if not exists floor (id text primary key, body jsonb)");
  let batch = 0;
  return async (count: number, width: number) => {
    batch += 1;
    let next = 0;
    const work = async () => {
      while (next < count) {
        next += 1;
        const jobId = `floor_${batch}_${count}_${next}`;
        const query = {
          query: "select 1",
          destinationTable: { projectId: "test", datasetId: "floor", tableId: jobId },
        };
        await deps.pool.query("insert into floor values ($1, $2)", [jobId, JSON.stringify(query)]);
        await call({
          method: "POST",
          uri: "/jobs",
          json: { jobReference: { projectId: "test", jobId }, configuration: { query } },
        });
        await call({ uri: `/queries/${jobId}`, qs: { timeoutMs: 10_000, maxResults: 0 } });
      }
    };
    await Promise.all(Array.from({ length: width }, work));
    await takeJobs();
  };
}

/** From the start of the run, with its assembly, to its end; proves order and completeness. */
async function runOnce(
  setting: Setting,
  tables: BenchTable[],
  ids: Map<string, number>,
): Promise<Measurement & { jobs: BenchJob[]; runId: number }> {
  const { deps } = setting;
  const engine = startEngine(deps);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const ended = Promise.withResolvers<void>();
  let runId = 0;
  const unsubscribe = deps.changes.subscribe(async (event) => {
    if (event.noun !== "run" || event.id === null) return;
    const { rows } = await deps.pool.query(
      "select 1 from runs where id = $1 and ended_at is not null",
      [event.id],
    );
    if (rows.length > 0) ended.resolve();
  });
  runId = (await startRun(deps, chooseTables(ids.values()), nobody)).runId;
  await ended.promise;
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  unsubscribe();
  await engine.stop();
  const jobs = await setting.takeJobs();
  await verify(setting, runId, tables, jobs);
  return { seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6, peakRssBytes: null, jobs, runId };
}

async function verify({ deps }: Setting, runId: number, tables: BenchTable[], jobs: BenchJob[]) {
  const { rows } = await deps.pool.query("select state from runs where id = $1", [runId]);
  if (rows[0]?.state !== "succeeded") throw new Error(`the run ended as ${rows[0]?.state}`);
  if (jobs.length !== tables.length)
    throw new Error(`${jobs.length} jobs for ${tables.length} tables`);
  const byTable = new Map(jobs.map((job) => [job.table.slice(job.table.indexOf(".") + 1), job]));
  for (const { name, parents } of tables) {
    const job = byTable.get(name);
    for (const parent of parents) {
      if (!job || job.insertedAt < (byTable.get(parent)?.doneAt ?? Number.POSITIVE_INFINITY)) {
        throw new Error(`${name} began before ${parent} had ended`);
      }
    }
  }
}

async function compareMakespan(setting: Setting, count: number, log: (message: string) => void) {
  const tables = realistic(count);
  const ids = await insertCatalog(setting.deps.db, tables, "bench_real");
  const bound = lowerBoundSeconds(tables, concurrency);
  const latencies: number[] = [];
  const comparison = await compare({
    title: `makespan of a graph of ${count} tables with durations, ${concurrency} at a time`,
    baseline: "max(critical path, work / concurrency)",
    log,
    contestants: [
      {
        name: "max(critical path, work / concurrency)",
        role: "limit",
        measure: () => Promise.resolve({ seconds: bound, cpuSeconds: null, peakRssBytes: null }),
      },
      {
        name: "ours",
        role: "ours",
        measure: async () => {
          const { jobs, runId, ...measurement } = await runOnce(setting, tables, ids);
          latencies.push(...(await endLatencies(setting, runId, jobs)));
          return measurement;
        },
      },
    ],
  });
  return { comparison, latencies };
}

/** Milliseconds from a job's end in the warehouse to the end of its table run. */
async function endLatencies({ deps }: Setting, runId: number, jobs: BenchJob[]): Promise<number[]> {
  const { rows } = await deps.pool.query<{ name: string; ended_ms: number }>(
    `select (definition ->> 'dataset') || '.' || (definition ->> 'name') as name,
       extract(epoch from ended_at)::float8 * 1000 as ended_ms
     from table_runs where run_id = $1`,
    [runId],
  );
  const doneAt = new Map(jobs.map((job) => [job.table, job.doneAt]));
  return rows.map((row) => row.ended_ms - (doneAt.get(row.name) ?? Number.NaN));
}

async function timed(count: number, work: () => Promise<void>): Promise<Measurement> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000 / count;
  const cpu = process.cpuUsage(cpuBefore);
  return { seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6, peakRssBytes: null };
}

function perJob({ seconds, cpuSeconds }: Measurement, count: number): Measurement {
  return { seconds: seconds / count, cpuSeconds, peakRssBytes: null };
}

function ratioTarget(comparison: Comparison, name: string, reach: number): Target {
  const ratio =
    comparison.contestants.find((each) => each.name === name)?.ratio.median ?? Number.NaN;
  return {
    what: `${comparison.title}, against ${comparison.baseline}`,
    reach: `≤ ${reach}`,
    measured: ratio.toFixed(3),
    met: ratio <= reach,
  };
}

function latencyTarget(latencies: number[]): Target {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return {
    what: "from a query's end to its table run's end, median and 99 %",
    reach: "≤ 2 s",
    measured: `${at(0.5).toFixed(1)} ms, ${at(0.99).toFixed(1)} ms`,
    met: at(0.99) <= 2_000,
  };
}
