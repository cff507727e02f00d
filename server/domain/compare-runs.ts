import type { TableRunState, TableRunView } from "../../shared/run.ts";
import type { ComparedTable, ComparedTableRun, RunChange } from "../../shared/run-comparison.ts";
import { runChanges } from "../../shared/run-comparison.ts";

type Compared = Pick<
  TableRunView,
  | "id"
  | "tableId"
  | "tableName"
  | "kind"
  | "state"
  | "startedAt"
  | "endedAt"
  | "bytesBilled"
  | "rowCount"
>;

/** Durations differ by this much from one run to the next without any cause. */
const leastShare = 0.2;
const leastMs = 1000;
/** BigQuery bills a table by no less than this. */
const leastBytes = 10 * 2 ** 20;

const ended: TableRunState[] = ["succeeded", "failed", "skipped", "cancelled"];

/** Each table of either run with its part in both; those with the worst changes come first. */
export function compareRuns(
  now: readonly Compared[],
  before: readonly Compared[],
): ComparedTable[] {
  const earlier = new Map(before.map((row) => [row.tableId, row]));
  const here = new Set(now.map(({ tableId }) => tableId));
  const both = now.map((row) => comparedTable(row, row, earlier.get(row.tableId) ?? null));
  const gone = before
    .filter(({ tableId }) => !here.has(tableId))
    .map((row) => comparedTable(row, null, row));
  return [...both, ...gone].sort(byChange);
}

function comparedTable(
  { tableId, tableName, kind }: Compared,
  now: Compared | null,
  before: Compared | null,
): ComparedTable {
  const parts = { now: now && partOf(now), before: before && partOf(before) };
  return { tableId, tableName, kind, ...parts, changes: changesOf(parts.now, parts.before) };
}

function partOf({ id, state, startedAt, endedAt, bytesBilled, rowCount }: Compared) {
  const tookMs =
    startedAt === null || endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt);
  return { tableRunId: id, state, tookMs, bytesBilled, rowCount } satisfies ComparedTableRun;
}

function changesOf(now: ComparedTableRun | null, before: ComparedTableRun | null): RunChange[] {
  if (now === null) return ["gone"];
  if (before === null) return ["new"];
  const state = stateChange(now.state, before.state);
  const isWorthIt = now.state === "succeeded" && before.state === "succeeded";
  return [...state, ...(isWorthIt ? figureChanges(now, before) : [])];
}

function stateChange(now: TableRunState, before: TableRunState): RunChange[] {
  if (now === before || !ended.includes(now)) return [];
  if (before === "succeeded") return ["broke"];
  return now === "succeeded" ? ["mended"] : [];
}

/** How long it took, what it billed and its rows say something only of runs that succeeded. */
function figureChanges(now: ComparedTableRun, before: ComparedTableRun): RunChange[] {
  const took = difference(now.tookMs ?? 0, before.tookMs ?? 0, leastMs);
  const bytes = difference(now.bytesBilled, before.bytesBilled, leastBytes);
  const changes: RunChange[] = [];
  if (took !== 0) changes.push(took > 0 ? "slower" : "faster");
  if (bytes !== 0) changes.push(bytes > 0 ? "dearer" : "cheaper");
  if (isFarOff(now.rowCount, before.rowCount)) changes.push("rows");
  return changes;
}

/** 0 where the two are alike for all that matters. */
function difference(now: number, before: number, least: number): number {
  const by = now - before;
  return Math.abs(by) >= Math.max(least, before * leastShare) ? by : 0;
}

function isFarOff(now: number | null, before: number | null): boolean {
  if (now === null || before === null) return false;
  return difference(now, before, 1) !== 0;
}

function byChange(a: ComparedTable, b: ComparedTable): number {
  return rankOf(a) - rankOf(b) || growthOf(b) - growthOf(a) || (a.tableName < b.tableName ? -1 : 1);
}

function rankOf({ changes }: ComparedTable): number {
  const ranks = changes.map((change) => runChanges.indexOf(change));
  return Math.min(runChanges.length, ...ranks);
}

function growthOf({ now, before }: ComparedTable): number {
  return Math.abs((now?.tookMs ?? 0) - (before?.tookMs ?? 0));
}
