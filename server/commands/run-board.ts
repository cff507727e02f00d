import type { RunDetail, TableRunView } from "../../shared/run.ts";
import { bytesText } from "../domain/words.ts";
import { durationText, progressBar } from "./client-output.ts";

const marks: Record<TableRunView["state"], string> = {
  waiting: "·",
  ready: "○",
  running: "…",
  succeeded: "✓",
  failed: "✗",
  skipped: "-",
  cancelled: "-",
};

/** Under way first, where there is no place for all. */
const urgency: TableRunView["state"][] = [
  "running",
  "failed",
  "ready",
  "waiting",
  "skipped",
  "cancelled",
  "succeeded",
];

/**
 * The whole graph of a run as lines: each table below what it is made from, as far in as its longest
 * path from above, with a bar over all. Where there are more tables than `mostLines`, the ones under way
 * and those that failed are shown first, and the others are counted.
 */
export function runBoard(
  run: RunDetail,
  size: { mostLines: number; columns: number; now: Date },
): string[] {
  const depths = depthsOf(run.tableRuns);
  const inOrder = run.tableRuns.toSorted(
    (a, b) => (depths.get(a.id) ?? 0) - (depths.get(b.id) ?? 0) || b.priority - a.priority,
  );
  const room = Math.max(1, size.mostLines - 2);
  const shown = inOrder.length <= room ? inOrder : mostUrgent(inOrder, room);
  const lines = shown.map((tableRun) =>
    tableLine(tableRun, depths.get(tableRun.id) ?? 0, size.now),
  );
  const left = run.tableRuns.length - shown.length;
  const all = [...lines, ...(left > 0 ? [`  and ${left} more`] : []), summaryLine(run)];
  return all.map((line) =>
    line.length > size.columns ? `${line.slice(0, size.columns - 1)}…` : line,
  );
}

function mostUrgent(inOrder: TableRunView[], count: number): TableRunView[] {
  const chosen = new Set(
    inOrder.toSorted((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state)).slice(0, count),
  );
  return inOrder.filter((tableRun) => chosen.has(tableRun));
}

/** The longest path from above, by table run. The graph of a run has no cycle. */
function depthsOf(tableRuns: TableRunView[]): Map<number, number> {
  const depths = new Map<number, number>();
  const ids = new Set(tableRuns.map(({ id }) => id));
  let left = tableRuns;
  while (left.length > 0) {
    const known = left.filter(({ parentIds }) =>
      parentIds.every((id) => depths.has(id) || !ids.has(id)),
    );
    if (known.length === 0) break;
    for (const { id, parentIds } of known) {
      depths.set(id, Math.max(0, ...parentIds.map((parent) => (depths.get(parent) ?? -1) + 1)));
    }
    left = left.filter(({ id }) => !depths.has(id));
  }
  return depths;
}

function tableLine(tableRun: TableRunView, depth: number, now: Date): string {
  return `${"  ".repeat(depth)}${marks[tableRun.state]} ${tableRun.tableName}  ${stateText(tableRun, now)}`;
}

function stateText(tableRun: TableRunView, now: Date): string {
  const { state, step, reason, rowCount, startedAt, endedAt, progress } = tableRun;
  const took = durationText(startedAt, endedAt, now);
  const why = reason.text.replaceAll(/\s+/g, " ");
  if (state === "succeeded") return `${took}${rowCount === null ? "" : `, ${rowCount} rows`}`;
  if (state !== "running") return state === "failed" ? `${took}  ${why}` : `${state}  ${why}`;
  if (!progress)
    return `${step ?? "begins"}  ${took}${reason.code === "working" ? "" : `  ${why}`}`;
  const bar = progress.totalRows ? `${progressBar(progress.rows / progress.totalRows)}  ` : "";
  return `${step}  ${bar}${progress.rows.toLocaleString("en-US")} rows, ${bytesText(progress.bytes)}, ${took}`;
}

function summaryLine(run: RunDetail): string {
  const { succeeded, running, failed, skipped } = run.counts;
  const total = run.tableRuns.length;
  const ended = run.tableRuns.filter(({ endedAt }) => endedAt !== null).length;
  const others = [
    running > 0 ? `, ${running} running` : "",
    failed > 0 ? `, ${failed} failed` : "",
    skipped > 0 ? `, ${skipped} skipped` : "",
  ].join("");
  const bar = progressBar(total === 0 ? 1 : ended / total);
  return `${bar}  run ${run.id}: ${succeeded} of ${total} done${others}`;
}
