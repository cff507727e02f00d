import type { TableKind } from "./table.ts";

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

/** Why a table run is in its state: a word for programs, a sentence for people. */
export interface Reason {
  code:
    | "parentsPending"
    | "parentFailed"
    | "parentTick"
    | "tableBusy"
    | "conditionFalse"
    | "slotsFull"
    | "waitingForUpload"
    | "uploadTimeout"
    | "jobFailed"
    | "transferFailed"
    | "cancelled"
    | "overlap"
    | "retrying"
    | "warehouseAway"
    | "internal";
  text: string;
  /** The table run that is the cause, where one is. */
  tableRunId?: number;
}

/** Why a tick was skipped: `overlap` is one to be alerted of, `conditionFalse` as the tables want it. */
export type RunReasonCode = Extract<Reason["code"], "overlap" | "conditionFalse">;

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
  cause: "start" | "upload" | "reimport";
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

export interface RunListItem {
  id: number;
  kind: "tick" | "manual";
  frequencyId: number | null;
  frequencyName: string | null;
  tickAt: string | null;
  state: RunState;
  reason: string | null;
  /** Of a tick that was skipped; null for those skipped by daemons that did not write it yet. */
  reasonCode: RunReasonCode | null;
  startedBy: string | null;
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
  priority: number;
  reason: Reason | null;
  parentIds: number[];
  readyAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  /** What it is doing now: `query`, `load`, `extract`, `import`, `upload`. */
  step: string | null;
  /** Rows and bytes of a transfer in progress. */
  progress: { rows: number; bytes: number; totalRows: number | null } | null;
  bytesBilled: number;
  rowCount: number | null;
}

/** One run whole: its table runs are the nodes of its graph, `parentIds` (table-run ids) its edges. */
export interface RunDetail extends RunListItem {
  tableRuns: TableRunView[];
}

/** The graph of a run alone: ids are those of its table runs. */
export interface RunGraph {
  nodes: { id: number; tableId: number; name: string; state: TableRunState }[];
  edges: [parentId: number, childId: number][];
}
