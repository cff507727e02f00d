import type { DeliveryResult, TransferResult } from "../../../drizzle/schema/transfers.ts";
import type { ClaimedTransfer } from "../../db/transfers.ts";

export interface Progress {
  rows: number;
  bytes: number;
  totalRows: number | null;
}

/** What a room was given to do. */
export interface Work {
  claim: ClaimedTransfer;
  /** Aborted when the claim is lost, cancelled, or to be handed back. */
  signal: AbortSignal;
  report: (progress: Progress) => void;
}

/** What it leaves on the row. */
export interface Done {
  result: TransferResult | DeliveryResult;
  bytes: number;
}
