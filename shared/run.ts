import type { ReasonCode } from "./reason.ts";
import type { TableKind, TableStatus } from "./table.ts";

export const runStates = ["running", "succeeded", "failed", "cancelled", "skipped"] as const;
export type RunState = (typeof runStates)[number];

export const tableRunStates = [
  "waiting",
  "ready",
  "running",
  "succeeded",
  "failed",
  "skipped",
  "cancelled",
] as const;
export type TableRunState = (typeof tableRunStates)[number];

/** Why a table run is in its state: a word for programs, a sentence for people, and the cause. */
export interface Reason {
  code: ReasonCode;
  text: string;
  /** The table run that is the cause, its table and its run, where there is one. */
  tableRunId?: number;
  tableName?: string;
  runId?: number;
  /** The tick that it ran for, or waits for, as an ISO instant. */
  tickAt?: string;
  frequencyId?: number;
  /** When the wait ends at the latest, or the next try comes: an ISO instant. */
  until?: string;
}

/** Why a tick was skipped: `overlap` is one to be alerted of, `conditionFalse` as the tables want it. */
export type RunReasonCode = "overlap" | "conditionFalse";

/** The ticks before a run's own, back to the last recorded one, for which no run was made. */
export interface MissedTicks {
  count: number;
  /** ISO instants. */
  first: string;
  last: string;
}

/** A tick of another frequency that a table run's parent must have finished first. */
export interface AwaitedTick {
  tableId: number;
  /** `dataset.name` of the parent. */
  tableName: string;
  frequencyId: number;
  /** ISO instant. */
  tickAt: string;
}

/** How a manual run chooses its tables. */
export type RunSelection =
  | { kind: "frequency"; frequencyId: number }
  | { kind: "tables"; tableIds: number[]; withAncestors: boolean; withDescendants: boolean };

/** What a run by hand was asked for. */
export interface RunRequest {
  /** `upload`: files came for an external table. `reimport`: an import is to be made anew. */
  cause: "start" | "upload" | "reimport" | "export" | "sheet";
  /** `dataset.name` of the first tables asked for; none where a whole frequency was. */
  tables: string[];
  /** How many were asked for. */
  tableCount: number;
  withAncestors: boolean;
  withDescendants: boolean;
}

/** One act of a person on a run under way. */
export interface RunSteering {
  action: "cancel" | "resume";
  /** The e-mail address at the time, or the process that acted. */
  by: string;
  /** ISO instant. */
  at: string;
}

/** What a start answers. */
export interface StartedRun {
  runId: number;
  /** Unfinished runs that hold some of the same tables: no table is run by two at a time. */
  behind: number[];
}

/** What a run's table runs come to. */
export interface RunFigures {
  counts: Partial<Record<TableRunState, number>>;
  bytesBilled: number;
  /** The first that failed; null where none did. */
  firstFailed: { name: string; text: string | null } | null;
}

export interface RunListItem {
  id: number;
  kind: "tick" | "manual";
  frequencyId: number | null;
  frequencyName: string | null;
  tickAt: string | null;
  /** What it makes up for, as nothing was running at their time; null where nothing was missed. */
  missed: MissedTicks | null;
  state: RunState;
  /** Of one that was skipped, cancelled or failed: a sentence, naming the first table that failed. */
  reason: string | null;
  /** Of a tick that was skipped; null for those skipped by daemons that did not write it yet. */
  reasonCode: RunReasonCode | null;
  startedBy: string | null;
  request: RunRequest | null;
  steering: RunSteering[];
  /** Asked to, and not at its end yet. */
  isCancelling: boolean;
  resumedCount: number;
  createdAt: string;
  endedAt: string | null;
  /** Table runs by state. */
  counts: Record<TableRunState, number>;
  bytesBilled: number;
}

export interface TableRunView {
  id: number;
  tableId: number;
  tableName: string;
  kind: TableKind;
  state: TableRunState;
  /** Descendants in this run: the most depended-on goes first. */
  priority: number;
  /** The longest path from it down, in past durations: breaks ties of priority. */
  remainingSeconds: number;
  reason: Reason;
  parentIds: number[];
  /** The parent whose success let it go, where one did. */
  lastParentId: number | null;
  readyAt: string | null;
  startedAt: string | null;
  /** When its first job or transfer began: until then it waited for files or a room. */
  workedAt: string | null;
  endedAt: string | null;
  /** What it is doing now: `query`, `load`, `extract`, `import`, `upload`. */
  step: string | null;
  /** Rows and bytes of a transfer in progress. */
  progress: { rows: number; bytes: number; totalRows: number | null } | null;
  bytesBilled: number;
  rowCount: number | null;
  /** The most that any of its steps took; 0 before its first job. */
  attempts: number;
}

/** One run whole: its table runs are the nodes of its graph, `parentIds` (table-run ids) its edges. */
export interface RunDetail extends RunListItem {
  tableRuns: TableRunView[];
  /** The table runs that its length comes from, first to last: each let the next one go. */
  criticalPath: number[];
}

/** The graph of a run alone: ids are those of its table runs. */
export interface RunGraph {
  nodes: { id: number; tableId: number; name: string; state: TableRunState; reason: Reason }[];
  edges: [parentId: number, childId: number][];
}

/** One thing that happened to a table run, in a sentence. */
export interface StoryLine {
  /** ISO instants. `until` is null for what is a moment, or lasts still. */
  at: string;
  until: string | null;
  kind: "run" | "wait" | "work" | "fault" | "end";
  text: string;
  /** The run that it names, where it is another. */
  runId?: number;
  bqJobId?: string;
}

/** A table run with all that happened to it, in order. */
export interface TableRunStory extends TableRunView {
  run: RunListItem;
  story: StoryLine[];
}

/** A table's state in short, as a script that polls it wants it. */
export interface TableStatusView {
  id: number;
  name: string;
  status: TableStatus;
  /** The text of `why`. */
  reason: string | null;
  /** Null where it never ran. */
  why: Reason | null;
  /** The newest run that it took part in, and its table run there. */
  runId: number | null;
  tableRunId: number | null;
  lastRunAt: string | null;
  lastOkAt: string | null;
}
