import { expect, test } from "vitest";
import { findFaults, type History } from "./history.ts";
import type { RecordedTick } from "./history-ticks.ts";

/*
 * The reader of histories is what all of these proofs rest on: each way in which a history can be
 * wrong is put into a right one, and has to be told.
 */

/** Two tables, the second reading the first; the first one's first attempt met a transient fault. */
function rightHistory(): History {
  const ended = { state: "succeeded", runId: "1" };
  return {
    runs: [{ id: "1", state: "succeeded" }],
    tableRuns: [
      { id: "10", name: "a", parents: [], ...ended },
      { id: "11", name: "b", parents: ["10"], ...ended },
    ],
    stored: [
      { jobId: "maestro_i_10_query_1", state: "failed" },
      { jobId: "maestro_i_10_query_2", state: "succeeded" },
      { jobId: "maestro_i_10_extract_1", state: "succeeded" },
      { jobId: "maestro_i_11_load_1", state: "succeeded" },
    ],
    submitted: [
      job("maestro_i_10_query_1", 0, 10, true),
      job("maestro_i_10_query_2", 10, 20),
      job("maestro_i_10_extract_1", 20, 30),
      job("maestro_i_11_load_1", 30, 40),
    ],
    moves: [
      { table_run_id: "10", old_state: "ready", new_state: "running", application_name: "x" },
      { table_run_id: "11", old_state: "waiting", new_state: "ready", application_name: "y" },
    ],
    watermarks: [
      { tableId: "2", lastId: "9" },
      { tableId: "2", lastId: "12" },
    ],
    spans: [{ id: "5", name: "each second", periodMs: 1_000, fromMs: 10_500, untilMs: 21_000 }],
    ticks: [
      tick(11_000),
      tick(12_000),
      tick(15_000, { count: 2, firstMs: 13_000, lastMs: 14_000 }),
      tick(16_000),
    ],
    reads: [],
  };
}

function tick(atMs: number, missed: RecordedTick["missed"] = null): RecordedTick {
  return { runId: `at ${atMs}`, frequencyId: "5", atMs, missed, overlapped: null };
}

/** Besides, a run of another frequency, whose one table reads the second of the tick of 12 s. */
function historyAcross(): History {
  const history = rightHistory();
  const { runs, tableRuns, stored, submitted, spans, ticks, reads } = history;
  Object.assign(ticks[1]!, { runId: "1" });
  spans.push({ id: "6", name: "each 2 s", periodMs: 2_000, fromMs: 12_000, untilMs: 13_000 });
  ticks.push({ ...tick(12_000), runId: "2", frequencyId: "6" });
  reads.push({ child: "c", parent: "b", parentFrequencyId: "5" });
  runs.push({ id: "2", state: "succeeded" });
  tableRuns.push({ id: "12", name: "c", parents: [], runId: "2", state: "succeeded" });
  submitted.push(job("maestro_i_12_query_1", 40, 50));
  stored.push({ jobId: "maestro_i_12_query_1", state: "succeeded" });
  return history;
}

/** The tick read was skipped for the run of the tick before. */
function historyOfOverlap(): History {
  const history = historyAcross();
  Object.assign(history.ticks[0]!, { runId: "1" });
  Object.assign(history.ticks[1]!, { runId: "3", overlapped: "1" });
  return history;
}

function job(jobId: string, insertedAt: number, doneAt: number, hasFailed = false) {
  return { jobId, step: jobId.split("_")[3] ?? "", insertedAt, doneAt, hasFailed };
}

const none = { doubled: [], lost: [], disordered: [] };

test("a history in which nothing went wrong has no faults", () => {
  expect(findFaults(rightHistory())).toEqual(none);
});

test.each<[what: string, kind: keyof typeof none, spoil: (history: History) => unknown]>([
  [
    "a second attempt after one that succeeded",
    "doubled",
    ({ submitted, stored }) => {
      submitted.push(job("maestro_i_11_load_2", 40, 50));
      stored.push({ jobId: "maestro_i_11_load_2", state: "succeeded" });
    },
  ],
  [
    "a second attempt while the first still runs",
    "doubled",
    ({ submitted }) => Object.assign(submitted[0]!, { doneAt: 11 }),
  ],
  [
    "one attempt submitted under two ids",
    "doubled",
    ({ submitted }) => submitted.push(job("maestro_other_11_load_1", 40, 50)),
  ],
  ["rows loaded again", "doubled", ({ watermarks }) => watermarks.push(watermarks[1]!)],
  ["a watermark that goes back", "doubled", ({ watermarks }) => watermarks.reverse()],
  ["a job that BigQuery never had", "lost", ({ submitted }) => submitted.pop()],
  ["a job that the database has lost", "lost", ({ stored }) => stored.pop()],
  [
    "a job whose end was not written",
    "lost",
    ({ stored }) => Object.assign(stored[3]!, { state: "running" }),
  ],
  [
    "a failure that was written as a success",
    "lost",
    ({ stored }) => Object.assign(stored[0]!, { state: "succeeded" }),
  ],
  [
    "a table run that ended without its success",
    "lost",
    ({ submitted }) => Object.assign(submitted[3]!, { hasFailed: true }),
  ],
  [
    "a table run that never ended",
    "lost",
    ({ tableRuns }) => Object.assign(tableRuns[1]!, { state: "running" }),
  ],
  ["a run that never ended", "lost", ({ runs }) => Object.assign(runs[0]!, { state: "running" })],
  [
    "a child before its parent's end",
    "disordered",
    ({ submitted }) => Object.assign(submitted[3]!, { insertedAt: 29 }),
  ],
  [
    "a child whose parent had no job",
    "disordered",
    ({ tableRuns }) => Object.assign(tableRuns[1]!, { parents: ["12"] }),
  ],
  [
    "a step before the one before it has ended",
    "disordered",
    ({ submitted }) => Object.assign(submitted[2]!, { insertedAt: 19 }),
  ],
  [
    "a table by two table runs at a time",
    "disordered",
    ({ tableRuns, submitted, stored }) => {
      tableRuns.push({ id: "12", name: "b", parents: [], runId: "2", state: "succeeded" });
      submitted.push(job("maestro_i_12_load_1", 35, 45));
      stored.push({ jobId: "maestro_i_12_load_1", state: "succeeded" });
    },
  ],
  [
    "a move that no table run may make",
    "disordered",
    ({ moves }) => Object.assign(moves[0]!, { old_state: "succeeded" }),
  ],
  ["a tick that nobody recorded", "lost", ({ ticks }) => ticks.splice(1, 1)],
  ["the first tick, which nobody recorded", "lost", ({ ticks }) => ticks.shift()],
  [
    "missed ticks that are not named",
    "lost",
    ({ ticks }) => Object.assign(ticks[2]!, { missed: null }),
  ],
  [
    "missed ticks that are named in part",
    "lost",
    ({ ticks }) => Object.assign(ticks[2]!.missed!, { count: 1, firstMs: 14_000 }),
  ],
  [
    "missed ticks that are counted wrong",
    "lost",
    ({ ticks }) => Object.assign(ticks[2]!.missed!, { count: 3 }),
  ],
  ["a ticker that fell silent", "lost", ({ ticks }) => ticks.splice(3)],
  ["a frequency that never ticked", "lost", ({ ticks }) => ticks.splice(0)],
  ["a tick that was recorded twice", "doubled", ({ ticks }) => ticks.push(tick(16_000))],
  [
    "a tick that was recorded and counts as missed",
    "doubled",
    ({ ticks }) => Object.assign(ticks[2]!.missed!, { count: 3, firstMs: 12_000 }),
  ],
])("%s is told", (_, kind, spoil) => {
  const history = rightHistory();
  spoil(history);
  expect(findFaults(history)[kind]).not.toEqual([]);
});

test.each([
  ["the tick it reads", historyAcross],
  ["the run for which that tick was skipped", historyOfOverlap],
])(
  "a child of another frequency comes after its parent in %s, and before it is told",
  (_, read) => {
    const history = read();
    expect(findFaults(history)).toEqual(none);
    Object.assign(history.submitted.at(-1)!, { insertedAt: 39 });
    expect(findFaults(history).disordered).not.toEqual([]);
  },
);

test("a child of another frequency that took what an older tick had made is told", () => {
  const history = historyAcross();
  Object.assign(history.ticks[0]!, { runId: "1" });
  Object.assign(history.ticks[1]!, { runId: "3" });
  history.tableRuns.push({ id: "13", name: "b", parents: [], runId: "3", state: "succeeded" });
  history.runs.push({ id: "3", state: "succeeded" });
  history.submitted.push(job("maestro_i_13_query_1", 60, 70));
  history.stored.push({ jobId: "maestro_i_13_query_1", state: "succeeded" });
  const { doubled, lost, disordered } = findFaults(history);
  expect({ doubled, lost, count: disordered.length }).toEqual({ doubled: [], lost: [], count: 1 });
});

/** Two attempts cancelled, the second before it was submitted, and a third that succeeded. */
function historyOfCancel(): History {
  const history = rightHistory();
  const { submitted, stored } = history;
  Object.assign(submitted[3]!, { hasFailed: true, isCancelled: true });
  Object.assign(stored[3]!, { state: "cancelled" });
  stored.push({ jobId: "maestro_i_11_load_2", state: "cancelled" });
  stored.push({ jobId: "maestro_i_11_load_3", state: "succeeded" });
  submitted.push(job("maestro_i_11_load_3", 40, 50));
  return history;
}

test("a run that was cancelled and resumed has no faults", () => {
  expect(findFaults(historyOfCancel())).toEqual(none);
});

test("nor has one that was cancelled while another attempt ran after a fault", () => {
  const history = rightHistory();
  const { submitted, stored } = history;
  Object.assign(submitted[1]!, { doneAt: 15, hasFailed: true, isCancelled: true });
  Object.assign(stored[1]!, { state: "cancelled" });
  stored.push({ jobId: "maestro_i_10_query_3", state: "succeeded" });
  submitted.push(job("maestro_i_10_query_3", 15, 20));
  expect(findFaults(history)).toEqual(none);
});

test.each<[what: string, kind: keyof typeof none, spoil: (history: History) => unknown]>([
  ["an attempt left out", "doubled", ({ stored }) => stored.splice(4, 1)],
  [
    "an attempt that the database calls cancelled and that succeeded",
    "lost",
    ({ stored }) => Object.assign(stored[5]!, { state: "cancelled" }),
  ],
  [
    "a cancelled job that the database calls succeeded",
    "lost",
    ({ stored }) => Object.assign(stored[3]!, { state: "succeeded" }),
  ],
  [
    "an attempt after a resume while the cancelled one still runs",
    "doubled",
    ({ submitted }) => Object.assign(submitted[3]!, { doneAt: 41 }),
  ],
  [
    "a run that stayed cancelled",
    "lost",
    ({ runs }) => Object.assign(runs[0]!, { state: "cancelled" }),
  ],
])("%s is told", (_, kind, spoil) => {
  const history = historyOfCancel();
  spoil(history);
  expect(findFaults(history)[kind]).not.toEqual([]);
});
