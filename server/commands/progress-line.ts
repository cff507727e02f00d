import type { RunDetail, TableRunView } from "../../shared/run.ts";
import { bytesText, lengthText } from "../domain/words.ts";
import { progressBar } from "./client-output.ts";

/** Plain output tells how far a transfer is at each tenth. */
const milestonePercent = 10;

interface Moving {
  name: string;
  progress: NonNullable<TableRunView["progress"]>;
}

/**
 * How far the transfers of a run are, from one look at it to the next: the line of the largest one under
 * way, for a terminal, and for plain output a line for each tenth that one has passed.
 */
export function createProgressLine(): (run: RunDetail) => {
  line: string | null;
  milestones: string[];
} {
  const beganAt = new Map<number, { at: number; rows: number }>();
  const passed = new Map<number, number>();
  return (run) => {
    const moving = run.tableRuns.flatMap((tableRun) =>
      tableRun.state === "running" && tableRun.progress !== null
        ? [{ id: tableRun.id, name: tableRun.tableName, progress: tableRun.progress }]
        : [],
    );
    const milestones = moving.flatMap(({ id, ...one }) => {
      const tenth = tenthOf(one.progress);
      if (tenth === null || tenth <= (passed.get(id) ?? 0)) return [];
      passed.set(id, tenth);
      return [`… ${one.name}  ${amountText(one.progress)}`];
    });
    const largest = moving.reduce<(typeof moving)[number] | null>(
      (best, one) => (best && best.progress.rows >= one.progress.rows ? best : one),
      null,
    );
    if (largest === null) return { line: null, milestones };
    const now = performance.now();
    const first = beganAt.get(largest.id);
    // A new attempt begins with no rows.
    if (!first || first.rows > largest.progress.rows) {
      beganAt.set(largest.id, { at: now, rows: largest.progress.rows });
    }
    const since = beganAt.get(largest.id) ?? { at: now, rows: 0 };
    const seconds = (now - since.at) / 1000;
    const rowsPerSecond = seconds > 1 ? (largest.progress.rows - since.rows) / seconds : 0;
    return { line: transferLine(largest, rowsPerSecond), milestones };
  };
}

function tenthOf({ rows, totalRows }: Moving["progress"]): number | null {
  if (!totalRows) return null;
  // What a source expects is a guess: more may come.
  return Math.min(9, Math.floor((rows / totalRows) * (100 / milestonePercent)));
}

function transferLine({ name, progress }: Moving, rowsPerSecond: number): string {
  const { rows, totalRows } = progress;
  const left =
    totalRows && rowsPerSecond > 0
      ? `, ${lengthText((Math.max(0, totalRows - rows) / rowsPerSecond) * 1000)} left`
      : "";
  const rate = rowsPerSecond > 0 ? `, ${count(Math.round(rowsPerSecond))} rows/s${left}` : "";
  const bar = totalRows ? `${progressBar(rows / totalRows)}  ` : "";
  return `${name}  ${bar}${amountText(progress)}${rate}`;
}

function amountText({ rows, bytes, totalRows }: Moving["progress"]): string {
  const of = totalRows ? ` of about ${count(totalRows)}` : "";
  return `${count(rows)}${of} rows, ${bytesText(bytes)}`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
