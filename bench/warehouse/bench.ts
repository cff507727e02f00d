import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { type OpenChild, openChild } from "../support/child.ts";
import type { BenchOptions } from "../support/options.ts";
import type { BenchResult, Observation } from "../support/report.ts";
import { type Comparison, compare } from "../support/rounds.ts";
import { spreadOf } from "../support/statistics.ts";
import { generateData } from "./generate-data.ts";
import { queries } from "./queries.ts";
import { type Answer, checkEqual, type TaskSetup } from "./setting.ts";

const scaleOf = { small: 0.1, full: 1 };
const reach = 1.2;
const ours = "the local warehouse, over its API";
const theirs = "DuckDB's own SQL";
/** In all: 22 comparisons would wait for long on a busy machine. */
const quietLimitSeconds = 44;

/**
 * TPC-H in BigQuery SQL over the local cloud's API, against DuckDB's own SQL on the same files, with
 * as many threads. Both store the files' DECIMAL(15,2) as such; ours computes with it as NUMERIC, to
 * the last digit, where DuckDB divides and averages doubles, and it stores each result as a table.
 */
export async function run({ size, log }: BenchOptions): Promise<BenchResult> {
  const scale = scaleOf[size];
  const directory = join(tmpdir(), `maestro-bench-warehouse-${process.pid}`);
  mkdirSync(directory, { recursive: true });
  try {
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    log(`making the tables at scale ${scale}`);
    const files = await generateData(connection, join(directory, "files"), scale);
    connection.closeSync();
    instance.closeSync();
    const open = (module: string, name: string) =>
      openChild<string, Answer>(new URL(module, import.meta.url), {
        directory: makeDirectory(join(directory, name)),
        files,
      } satisfies TaskSetup);
    const peer = await open("./duckdb.task.ts", "peer");
    const cloud = await open("./cloud.task.ts", "ours");
    log("loaded into both");
    const comparisons: Comparison[] = [];
    for (const index of queries.keys()) {
      comparisons.push(await compareQuery(index, { cloud, peer, log }));
    }
    await Promise.all([peer.close(), cloud.close()]);
    return report(comparisons, scale);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeDirectory(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

async function compareQuery(
  index: number,
  {
    cloud,
    peer,
    log,
  }: {
    cloud: OpenChild<string, Answer>;
    peer: OpenChild<string, Answer>;
    log: BenchOptions["log"];
  },
): Promise<Comparison> {
  const sql = queries[index] ?? "";
  const number = index + 1;
  // Both have run once when they are compared: nothing needs warming up.
  const [mine, other] = [await cloud.measure(sql), await peer.measure(sql)];
  checkEqual(number, mine.output, other.output);
  return compare({
    title: `query ${number}`,
    baseline: theirs,
    contestants: [
      { name: ours, role: "ours", measure: () => cloud.measure(sql) },
      { name: theirs, role: "limit", measure: () => peer.measure(sql) },
    ],
    isWarm: true,
    quietLimitSeconds: quietLimitSeconds / queries.length,
    log,
  });
}

function report(comparisons: Comparison[], scale: number): BenchResult {
  const rows = comparisons.map(({ title, contestants }) => {
    const [mine, other] = contestants;
    if (!mine || !other) throw new Error("a comparison has two contestants");
    return { title, mine, other };
  });
  const ratios = spreadOf(rows.map(({ mine }) => mine.ratio.median));
  const peak = (side: "mine" | "other") =>
    Math.max(...rows.map((row) => row[side].peakRssBytes?.median ?? 0)) / 2 ** 20;
  const observation: Observation = {
    title: "Query by query",
    note: "Seconds are medians; the ratio is ours over DuckDB's within a round.",
    columns: ["", "ours s", "DuckDB s", "ratio", "ours MiB", "DuckDB MiB"],
    rows: rows.map(({ title, mine, other }) => [
      title,
      mine.seconds.median.toFixed(3),
      other.seconds.median.toFixed(3),
      mine.ratio.median.toFixed(2),
      ((mine.peakRssBytes?.median ?? 0) / 2 ** 20).toFixed(0),
      ((other.peakRssBytes?.median ?? 0) / 2 ** 20).toFixed(0),
    ]),
  };
  return {
    comparisons: [],
    observations: [observation],
    targets: [
      {
        what: `median ratio of time over the 22 queries at scale ${scale}`,
        reach: `≤ ${reach}`,
        measured: `${ratios.median.toFixed(2)} (${ratios.min.toFixed(2)}–${ratios.max.toFixed(2)})`,
        met: ratios.median <= reach,
      },
    ],
    verified: [
      "both answered each query with equal rows, in equal order, before anything was timed",
      `peak memory over all queries: ours ${peak("mine").toFixed(0)} MiB, DuckDB's ${peak("other").toFixed(0)} MiB`,
      `${comparisons.reduce((sum, { noisyRounds }) => sum + noisyRounds, 0)} of ${comparisons.reduce((sum, { rounds }) => sum + rounds, 0)} rounds were noisy, ${comparisons.reduce((sum, { droppedRounds }) => sum + droppedRounds, 0)} were dropped for noise`,
    ],
    missing: [],
  };
}
