import type { MaestroError } from "../../../shared/errors.ts";
import type { ClaimRow, JobRow } from "../../db/claims.ts";

/** A claimed table run with the job that is to be driven to its end. */
export interface DrivenJob {
  claim: Omit<ClaimRow, "job">;
  job: JobRow;
  /** Its row was stored by this process a moment ago: nobody can have inserted it. */
  isNew: boolean;
  /** Milliseconds to let pass before it is submitted: after a transient fault. */
  delayMs: number;
}

/** What ends the driving of a job before the job ends. */
export interface Driving {
  /** Another daemon has it, or this one stops: let go, change nothing. */
  signal: AbortSignal;
  /** A person cancelled the run: cancel BigQuery's job, and see how it ends. */
  cancel: AbortSignal;
  /** How long ago that was. */
  cancelledMs: () => number;
  /** BigQuery, or Cloud Storage, refuses for now to answer about the job, or (null) has answered. `pauseMs`: as long as it asks to be let alone. */
  onTrouble: (fault: MaestroError | null, pauseMs?: number) => void;
}
