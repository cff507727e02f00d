import type { AwaitedTick, Reason, RunListItem, TableRunView } from "../../shared/run.ts";
import { type DrawnIn, findDrawnIn } from "./drawn-in.ts";
import { lastParentOf, lastWait, resumeBefore, whyItRan } from "./why-it-ran.ts";

/** A table run as it is stored: of its reason only what was known when it moved last. */
export interface UndescribedTableRun extends Omit<TableRunView, "reason" | "lastParentId"> {
  reason: Reason | null;
  asked: boolean | null;
  /** BigQuery has a job of it. */
  hasJobRunning: boolean;
  awaited: AwaitedTick[];
}

interface Known {
  run: RunListItem;
  /** Its whole run, or as much of it as is at hand: parents, and what it was skipped for. */
  byId: ReadonlyMap<number, UndescribedTableRun>;
  /** What the unfinished ones wait for. */
  waits: ReadonlyMap<number, Reason>;
  drawnIn: ReadonlyMap<number, DrawnIn>;
}

/** Explains table runs of one run: each gets the one reason that it is in its state. */
export function describeTableRuns(
  run: RunListItem,
  rows: readonly UndescribedTableRun[],
  waits: ReadonlyMap<number, Reason>,
): TableRunView[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const drawnIn = run.request && run.request.tableCount > 0 ? findDrawnIn(rows) : new Map();
  return rows.map((row) => describeTableRun(row, { run, byId, waits, drawnIn }));
}

export function describeTableRun(row: UndescribedTableRun, known: Known): TableRunView {
  const { asked: _, awaited: __, hasJobRunning: ___, ...view } = row;
  const parents = row.parentIds.flatMap((id) => known.byId.get(id) ?? []);
  const lastParent = lastParentOf(
    known.run,
    row.readyAt,
    parents.filter(({ state }) => state === "succeeded"),
  );
  return {
    ...view,
    lastParentId: lastParent?.id ?? null,
    reason: reasonOf(row, lastParent, known),
  };
}

function reasonOf(
  row: UndescribedTableRun,
  lastParent: UndescribedTableRun | null,
  known: Known,
): Reason {
  const { reason } = row;
  switch (row.state) {
    case "skipped":
      return reason ? withCause(row, reason, known) : { code: "parentFailed", text: "was skipped" };
    case "cancelled":
      return reason
        ? withCanceller(reason, known.run)
        : { code: "cancelled", text: "was cancelled" };
    case "failed":
      return reason ?? { code: "internal", text: "failed, and left no reason" };
    case "succeeded":
      return ranReason(row, lastParent, known);
    case "waiting":
    case "ready":
      return known.waits.get(row.id) ?? { code: "starting", text: "is about to start" };
    default:
      return (
        known.waits.get(row.id) ?? storedWhileRunning(row) ?? workReason(row, lastParent, known)
      );
  }
}

/** A transient fault is what it waits for until BigQuery has the next attempt. */
function storedWhileRunning({ reason, hasJobRunning }: UndescribedTableRun): Reason | null {
  return reason?.code === "retrying" && hasJobRunning ? null : reason;
}

function ranReason(
  row: UndescribedTableRun,
  lastParent: UndescribedTableRun | null,
  { run, drawnIn }: Known,
): Reason {
  const why = whyItRan(run, row.asked, drawnIn.get(row.id));
  const resume = resumeBefore(run, row.readyAt);
  const cause = lastParent ? { tableRunId: lastParent.id, tableName: lastParent.tableName } : {};
  const again = resume && {
    code: "resumed" as const,
    text: why.text.replace(/^ran /, `ran when ${resume.by} resumed the run, and is in it `),
  };
  const { text, ...told } = { ...why, ...again };
  return { ...told, text: `${text}; ${lastWait(row, lastParent)}`, ...cause };
}

const doing: Record<string, string> = {
  query: "runs its query",
  load: "loads its files",
  extract: "writes its extract",
  import: "is being imported",
};

function workReason(
  row: UndescribedTableRun,
  lastParent: UndescribedTableRun | null,
  known: Known,
): Reason {
  const { text, ...cause } = ranReason(row, lastParent, known);
  const again = row.reason?.code === "retrying" ? ` again, as ${row.reason.text}` : "";
  const work = `${doing[row.step ?? ""] ?? "is under way"}${again}`;
  return { ...cause, code: "working", text: `${work}; ${text}` };
}

/** Errors may be pages long, and thousands of table runs may be skipped for one. */
const longestCause = 300;

function withCause(row: UndescribedTableRun, reason: Reason, { byId, run }: Known): Reason {
  const cause = byId.get(reason.tableRunId ?? -1);
  if (!cause) return reason;
  const told = cause.reason?.text ?? "";
  const short = told.length > longestCause ? `${told.slice(0, longestCause)}…` : told;
  const what = `${reason.text}${wayFrom(cause, row, byId)}`;
  const text = short === "" ? what : `${what}: ${short}`;
  return { ...reason, text, tableName: cause.tableName, runId: run.id };
}

/** The parent that was skipped for the same cause, where the cause is no parent itself. */
function wayFrom(
  cause: UndescribedTableRun,
  { parentIds }: UndescribedTableRun,
  byId: Known["byId"],
): string {
  if (parentIds.includes(cause.id)) return "";
  const parents = parentIds.flatMap((id) => byId.get(id) ?? []);
  const via = parents.find(({ reason }) => reason?.tableRunId === cause.id);
  return via ? `, so that its parent ${via.tableName} was skipped` : "";
}

/** Whoever drove its job knew that the run was cancelled, and not by whom. */
function withCanceller(reason: Reason, run: RunListItem): Reason {
  const by = run.steering.findLast(({ action }) => action === "cancel")?.by;
  if (by === undefined || reason.text.includes(by)) return reason;
  return { ...reason, text: `${reason.text}: ${by} cancelled the run` };
}
