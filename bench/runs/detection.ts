import { insertCatalog } from "../../test/support/catalog.ts";
import { noisyCores, waitForQuiet, watchForeignLoad } from "../support/quiet.ts";
import type { Observation, Target } from "../support/report.ts";
import { seededRandom } from "../support/statistics.ts";
import { type Field, quietLimitSeconds } from "./field.ts";
import { type Lateness, latenessOf } from "./lateness.ts";

/*
 * How soon a job's end is known. Queries are awaited by long polls, loads and extracts by polls that
 * back off. Jobs of all kinds and of durations spread evenly over their logarithm run at once, so
 * that the polls meet their ends in every phase; nearly all of the time everybody waits.
 */

const shortestMs = 200;
/** Loads and extracts of BigQuery take a second and more; below half of one nothing is asked. */
const askedFromMs = 500;
/** What the poll's own call and the commit may take beside. */
const callMs = 20;
const share = 0.1;
const mostMs = 2_000;
const attempts = 3;

export async function measureDetection(
  field: Field,
  options: { jobsOfEachKind: number; longestMs: number; log: (message: string) => void },
): Promise<{ latenesses: Lateness[]; isNoisy: boolean }> {
  const { jobsOfEachKind, longestMs, log } = options;
  const run = await openRun(field, jobsOfEachKind, longestMs);
  for (let attempt = 1; ; attempt += 1) {
    await waitForQuiet(quietLimitSeconds);
    const foreignLoad = watchForeignLoad();
    const latenesses = await run();
    const isNoisy = foreignLoad() > noisyCores;
    log(`detection of ends: attempt ${attempt}${isNoisy ? ", noisy" : ""}`);
    if (!isNoisy || attempt === attempts) return { latenesses, isNoisy };
  }
}

async function openRun(field: Field, jobsOfEachKind: number, longestMs: number) {
  const random = seededRandom(jobsOfEachKind);
  const tables = (["query", "load", "extract"] as const).flatMap((step) =>
    Array.from({ length: jobsOfEachKind }, (_, index) => {
      const ms = shortestMs * (longestMs / shortestMs) ** ((index + random()) / jobsOfEachKind);
      return {
        name: `end_${index}_${step}${Math.round(ms)}`,
        kind: step === "load" ? ("external" as const) : ("summary" as const),
        extract: step === "extract",
      };
    }),
  );
  const ids = await insertCatalog(field.setting.db, tables, "bench_detection");
  const files = tables
    .filter(({ kind }) => kind === "external")
    .map(({ name }): [number, string[]] => [ids.get(name)!, [`uploads/${name}.csv`]]);
  return async () => {
    const { runId, jobs } = await field.runOurs({
      tableIds: [...ids.values()],
      concurrency: tables.length,
      stagedObjects: files,
    });
    const expected = tables.length + jobsOfEachKind;
    if (jobs.length !== expected) throw new Error(`${jobs.length} jobs, not ${expected}`);
    return latenessOf(field.setting, runId, jobs);
  };
}

export function detectionTargets(latenesses: Lateness[]): Target[] {
  return ["query", "load", "extract"].map((step) => {
    const asked = latenesses.filter(
      (each) => each.step === step && (step === "query" || each.durationMs >= askedFromMs),
    );
    const allowed = ({ durationMs }: Lateness) =>
      (step === "query" ? 0 : Math.min(mostMs, share * durationMs)) + callMs;
    const late = asked.filter((each) => each.lateMs > allowed(each)).length;
    const polled = `the end of a ${step} of ${askedFromMs / 1000} s and more is known`;
    return {
      what: step === "query" ? "the end of a query is known" : polled,
      reach:
        step === "query" ? `at once (${callMs} ms)` : `≤ 10 % of its time and ${callMs} ms, ≤ 2 s`,
      measured: `${late} of ${asked.length} later`,
      met: late === 0,
    };
  });
}

export function observeDetection(
  latenesses: Lateness[],
  inGraph: Lateness[],
  isNoisy: boolean,
): Observation {
  const bounds = [shortestMs, 500, 1_000, 2_000, 5_000, 10_000, 20_000, Number.POSITIVE_INFINITY];
  const rows = ["query", "load", "extract"].flatMap((step) =>
    bounds.slice(0, -1).flatMap((fromMs, at) => {
      const toMs = bounds[at + 1] ?? fromMs;
      const bucket = latenesses.filter(
        (each) => each.step === step && each.durationMs >= fromMs && each.durationMs < toMs,
      );
      const range = `${fromMs / 1000} s to ${Number.isFinite(toMs) ? `${toMs / 1000} s` : "longest"}`;
      return describe(step, range, bucket);
    }),
  );
  const noise = isNoisy ? " Others used the cores meanwhile." : "";
  return {
    title: "From a job's end in the warehouse to the end of its table run in the database",
    note: `Jobs of each kind run at once, their durations spread evenly over the logarithm.${noise}`,
    columns: ["kind", "job's time", "jobs", "median ms", "99 % ms", "largest ms", "largest share"],
    rows: [...rows, ...describe("query", "in the realistic graph with durations", inGraph)],
  };
}

function describe(step: string, range: string, latenesses: Lateness[]): string[][] {
  if (latenesses.length === 0) return [];
  const sorted = latenesses.map(({ lateMs }) => lateMs).sort((a, b) => a - b);
  const at = (part: number) => (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(1);
  const shares = latenesses.map(({ lateMs, durationMs }) => lateMs / Math.max(1, durationMs));
  const largest = `${(100 * Math.max(...shares)).toFixed(1)} %`;
  return [[step, range, String(sorted.length), at(0.5), at(0.99), at(1), largest]];
}
