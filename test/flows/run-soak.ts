import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "../../bench/support/statistics.ts";
import { activateFrequency } from "../support/catalog.ts";
import { connectWarehouse, createEngineDeps, type EngineDeps } from "../support/engine-deps.ts";
import { type NullWarehouse, startNullWarehouse } from "../support/null-warehouse.ts";
import { type Faults, findFaults, historyLog, readHistory } from "./history.ts";
import { playOperators, toResume } from "./played-operators.ts";
import { playPeople } from "./played-people.ts";
import { type BlowOptions, planBlows, startDaemonsToStrike } from "./soak-blows.ts";
import { injectFaults, insertSoakCatalog, jobsOfRun } from "./soak-graph.ts";
import { openSoak } from "./soak-surroundings.ts";

/*
 * Two daemons work off the ticks of two frequencies while daemons are killed, PostgreSQL is stopped
 * at once or is away, BigQuery's answers are faults or do not come, and people cancel runs and resume
 * them. Then the history is read.
 */

export interface SoakOptions extends BlowOptions {
  /** Of the blows and faults; when the processes come to what they do is theirs. */
  seed: number;
  log: (line: string) => void;
}

export interface SoakReport {
  jobs: number;
  runs: number;
  /** Calls that asked for a job, and thereof those beside one a job: they found it there. */
  submissions: { asked: number; repeated: number };
  injected: ReturnType<typeof injectFaults>;
  kills: number;
  stops: number;
  outages: number;
  cancels: number;
  resumes: number;
  faults: Faults;
  /** Of daemons that ended by themselves, at which the soak ends: how, and their last lines. */
  deaths: string[];
  /** From the last blow to the end of the last run. */
  finishedAfterSeconds: number;
  /** The longest time without a submission, outages apart. */
  longestPauseSeconds: number;
  /** Where the daemons' log and the database are kept, if there are faults. */
  directory: string;
}

interface Parts {
  soak: Awaited<ReturnType<typeof openSoak>>;
  warehouse: NullWarehouse;
  deps: EngineDeps;
}

/** After so long without any submission it is given up, and what is not done counts as lost. */
const stuckMs = 120_000;
const showMs = 5_000;

/** Until `signal` is aborted; what is started is stopped then too. */
export async function runSoak(options: SoakOptions, signal: AbortSignal): Promise<SoakReport> {
  const random = seededRandom(options.seed);
  const soak = await openSoak();
  const warehouse = await startNullWarehouse();
  const deps = createEngineDeps({
    connectionString: soak.connectionString,
    warehouse: await connectWarehouse(warehouse.url),
  });
  let report: SoakReport | undefined;
  try {
    report = await strikeAndRead({ soak, warehouse, deps }, options, random, signal);
    return report;
  } finally {
    const faults = [...Object.values(report?.faults ?? {}).flat(), ...soak.deaths];
    // While its server is there.
    await deps.close();
    await soak.close({ keep: faults.length > 0 });
    await warehouse.close();
  }
}

async function strikeAndRead(
  { soak, warehouse, deps }: Parts,
  options: SoakOptions,
  random: () => number,
  signal: AbortSignal,
): Promise<SoakReport> {
  await deps.pool.query(historyLog);
  const frequencyIds = await insertSoakCatalog(deps, random);
  const blows = planBlows(options, random);
  const injected = injectFaults(warehouse, random);
  const people = playPeople(deps, warehouse);
  const operators = playOperators(deps);
  const daemons = startDaemonsToStrike({ soak, warehouseUrl: warehouse.url }, options, random);
  for (const id of frequencyIds) await activateFrequency(deps.db, id);

  const ticks = createTicks(deps, Math.ceil(options.jobs / jobsOfRun));
  const show = createProgress(options, () => ({ jobs: warehouse.jobs.size, ...daemons.done }));
  while (
    !signal.aborted &&
    soak.deaths.length === 0 &&
    !(await ticks.areWorkedOff()) &&
    !isStuck(warehouse, daemons.lastMs())
  ) {
    const isDue = blows[0] !== undefined && warehouse.jobs.size >= blows[0].atJobs;
    const next = isDue ? blows.shift() : undefined;
    if (next?.blow === "cancel") operators.cancelOne();
    else if (next) await daemons.strike(next.blow);
    show();
    await delay(50);
  }

  const history = await readHistory(deps.pool, warehouse);
  const faults = findFaults(history);
  const { rows } = await deps.pool.query<{ ms: number }>(
    "select extract(epoch from max(ended_at))::float8 * 1000 as ms from runs",
  );
  await operators.stop();
  await people.stop();
  const asked = warehouse.requests.filter(({ kind }) => kind === "insert").length;
  const { kill: kills, stop: stops, outage: outages } = daemons.done;
  return {
    jobs: warehouse.jobs.size,
    runs: history.runs.length,
    submissions: { asked, repeated: asked - warehouse.jobs.size },
    injected,
    ...{ kills, stops, outages, ...operators.done },
    faults,
    deaths: soak.deaths,
    finishedAfterSeconds: Math.max(0, (rows[0]?.ms ?? 0) - daemons.lastMs()) / 1_000,
    longestPauseSeconds: longestPauseMs(warehouse, daemons.outages) / 1_000,
    directory: soak.directory,
  };
}

/**
 * Lets the frequencies tick until there are so many runs, and tells when all of them have ended. They
 * are switched off only while their ticks are recorded as they come, so that what was missed before is
 * told; and in one statement, as a parent whose frequency is off at an assembly is not waited for.
 */
function createTicks({ pool, changes }: EngineDeps, wantedRuns: number) {
  const stopTicks = `update frequencies set active = false
    where active and $1 <= (select count(*) from runs where state <> 'skipped')
    and not exists (
      select from frequencies f
      where not exists (select from runs r where r.frequency_id = f.id and r.state <> 'skipped')
      or not exists (select from runs r where r.frequency_id = f.id
        and r.tick_at > clock_timestamp() - make_interval(secs => 2 * f.period_seconds)))
    returning id::float8 as id`;
  const left = `select 1 where exists (select from frequencies where active)
    or exists (select from runs where ended_at is null)
    or exists (select from table_runs where staged_objects <> '{}')
    or exists (${toResume})`;
  return {
    async areWorkedOff(): Promise<boolean> {
      // PostgreSQL may just be stopped.
      const stopped = await pool.query<{ id: number }>(stopTicks, [wantedRuns]).catch(() => null);
      for (const { id } of stopped?.rows ?? []) changes.publish({ noun: "frequency", id });
      const found = await pool.query(left).catch(() => null);
      return found?.rows.length === 0;
    },
  };
}

function isStuck({ jobs }: NullWarehouse, lastBlowMs: number): boolean {
  const lastMs = Math.max(lastBlowMs, [...jobs.values()].at(-1)?.insertedAt ?? 0);
  return Date.now() - lastMs > stuckMs;
}

function createProgress(
  options: SoakOptions,
  read: () => { jobs: number; kill: number; stop: number; outage: number },
): () => void {
  let shownMs = 0;
  return () => {
    if (Date.now() - shownMs < showMs) return;
    shownMs = Date.now();
    const { jobs, kill, stop, outage } = read();
    const blows = [
      `${kill} of ${options.kills} kills`,
      `${stop} of ${options.stops} stops of PostgreSQL`,
      `${outage} of ${options.outages} outages`,
    ];
    options.log(`${jobs} of ${options.jobs} jobs, ${blows.join(", ")}`);
  };
}

function longestPauseMs(
  { jobs }: NullWarehouse,
  outages: { fromMs: number; toMs: number }[],
): number {
  const times = [...jobs.values()].map(({ insertedAt }) => insertedAt);
  const pauses = times.slice(1).map((toMs, index) => {
    const fromMs = times[index] ?? toMs;
    const away = outages.find((outage) => outage.fromMs < toMs && outage.toMs > fromMs);
    return toMs - Math.max(fromMs, away?.toMs ?? 0);
  });
  return Math.max(0, ...pauses);
}
