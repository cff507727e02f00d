import type { JobState, JobStep } from "./job.ts";
import type { TableRunState } from "./run.ts";
import type { TransferKind, TransferState } from "./transfer.ts";

/** What happened to one table run beside its own row. Instants are ISO strings. */
export interface StoryFacts {
  jobs: StoryJob[];
  transfers: StoryTransfer[];
  ticks: StoryTick[];
  /** Table runs of the same table that were under way while it was ready. */
  others: { runId: number; endedAt: string | null }[];
  /** Slots taken in the middle of its wait for one, overall and in its run. */
  /** When the files of its extract were deleted, their time being up. */
  extractRemovedAt: string | null;
  slotsBusy: number;
  runSlotsBusy: number;
}

export interface StoryJob {
  step: JobStep;
  attempt: number;
  state: JobState;
  bqJobId: string;
  error: string | null;
  bytesProcessed: number | null;
  bytesBilled: number | null;
  slotMs: number | null;
  cacheHit: boolean | null;
  isSubmitted: boolean;
  createdAt: string;
  endedAt: string | null;
}

export interface StoryTransfer {
  kind: TransferKind;
  state: TransferState;
  attempt: number;
  error: string | null;
  rows: number;
  /** Why an import took all rows anew, and where the table stands as it was before. */
  schemaChange: { text: string; keptAs: string | null } | null;
  /** Another reason for that. */
  anew: "gone" | "moved" | "condition" | null;
  startedAt: string | null;
  endedAt: string | null;
}

interface StoryTick {
  tableName: string;
  frequencyName: string | null;
  tickAt: string;
  runId: number | null;
  state: TableRunState | null;
  endedAt: string | null;
}
