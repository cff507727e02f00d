import type { Reason, RunListItem } from "./run.ts";

export interface SystemInfo {
  version: string;
  /** True where the embedded stand-ins serve instead of BigQuery and Cloud Storage. */
  localCloud: boolean;
  projectId: string;
  location: string;
  instanceId: string;
  /** US dollars per TiB billed. */
  pricePerTib: number;
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

export interface HomeView {
  tableCounts: { summary: number; import: number; external: number };
  running: RunListItem[];
  /** Runs that ended failed within the last seven days, newest first. */
  failedRecently: RunListItem[];
  late: LateFrequency[];
  /** Ticks of the last seven days that were skipped since the run before had not ended, newest first. */
  overlaps: RunListItem[];
  /** The longest first. */
  longWaits: LongWait[];
  /** Since 00:00 UTC. */
  today: { bytesBilled: number; usd: number; jobs: number };
}
