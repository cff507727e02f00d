import type { Reason, RunListItem } from "./run.ts";

export interface SystemInfo {
  version: string;
  /** True where the embedded stand-ins serve instead of BigQuery and Cloud Storage. */
  localCloud: boolean;
  projectId: string;
  location: string;
  instanceId: string;
  /** That new tables are offered; the first is filled in. */
  defaultDatasets: string[];
  /** Of a TiB billed, in units of the currency. */
  pricePerTib: number;
  currency: string;
}

/** A frequency whose last tick should have made a run by now and has not. */
export interface LateFrequency {
  frequencyId: number;
  name: string;
  tickAt: string;
  /** Why no run could be made of it; null where none was tried. */
  trouble: string | null;
}

/** A table run that has waited for minutes, for anything but the parents in its run. */
export interface LongWait {
  tableRunId: number;
  runId: number;
  tableId: number;
  tableName: string;
  /** ISO instant. */
  since: string;
  reason: Reason;
}

/** A frequency of which ticks were skipped in the last seven days, as the run before had not ended. */
export interface Overlap {
  frequencyId: number;
  name: string;
  /** How many ticks. */
  count: number;
  /** The newest of them, with why. */
  runId: number;
  tickAt: string;
  reason: string;
}

export interface HomeView {
  tableCounts: { summary: number; import: number; external: number };
  running: RunListItem[];
  /** Runs that failed within the last seven days, newest first; without those whose tables succeeded since. */
  failedRecently: RunListItem[];
  late: LateFrequency[];
  /** The frequencies whose last ticks overlapped, those of the newest first. */
  overlaps: Overlap[];
  /** The longest first. */
  longWaits: LongWait[];
  /** Since 00:00 UTC. */
  today: { bytesBilled: number; price: number; jobs: number };
}
