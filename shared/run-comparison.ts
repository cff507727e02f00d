import type { RunListItem, TableRunState } from "./run.ts";
import type { TableKind } from "./table.ts";

/** What changed of a table from one run to the next, worst first. */
export const runChanges = [
  "broke",
  "gone",
  "new",
  "slower",
  "dearer",
  "rows",
  "mended",
  "faster",
  "cheaper",
] as const;
export type RunChange = (typeof runChanges)[number];

/** A table's part in one of the two runs. */
export interface ComparedTableRun {
  tableRunId: number;
  state: TableRunState;
  /** From its start to its end; null where it has not both. */
  tookMs: number | null;
  bytesBilled: number;
  rowCount: number | null;
}

export interface ComparedTable {
  tableId: number;
  tableName: string;
  kind: TableKind;
  /** Null where it takes no part in this run. */
  now: ComparedTableRun | null;
  /** Null where it took no part in the run before. */
  before: ComparedTableRun | null;
  changes: RunChange[];
}

export interface RunComparison {
  run: RunListItem;
  /** Null where there was none like it before. */
  before: RunListItem | null;
  tables: ComparedTable[];
}
