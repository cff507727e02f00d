import type { TableRunState } from "./run.ts";
import type { TransferState } from "./transfer.ts";

/** All that tells what an unfinished table run waits for, as it is at one moment. */
export interface WaitFacts {
  id: number;
  state: TableRunState;
  step: string | null;
  /** Running, and in no slot: at a room, for files, or for a slot for its load. */
  isParked: boolean;
  /** Parents in its run that have not ended, and one of them: that which runs, where one does. */
  pendingParents: number;
  pendingParent: { tableRunId: number; tableName: string } | null;
  /** Ticks of other frequencies that are not done, and the first of them. */
  pendingTicks: number;
  pendingTick: {
    tableName: string;
    frequencyId: number;
    frequencyName: string | null;
    tickAt: string;
    /** Null where neither the tick nor a later one has made a run yet. */
    runId: number | null;
  } | null;
  awaitUntil: string | null;
  /** Another table run of the same table that is under way. */
  busy: { tableRunId: number; runId: number } | null;
  slotsBusy: number;
  runSlotsBusy: number;
  hasDaemon: boolean;
  /** When the files of an external table must be there. */
  uploadUntil: string | null;
  transfer: {
    state: TransferState;
    error: string | null;
    retryAt: string | null;
    /** Its database, where that has as many transfers as it may have at once. */
    fullDatabase: { name: string; limit: number } | null;
  } | null;
}
