import type { WarehouseContext } from "../context.ts";
import type { JobRecord } from "../job-store.ts";

/** What the job runner lends to a script. */
export interface ScriptHost {
  context: WarehouseContext;
  record: JobRecord;
  /** Both wait for a turn, and throw `stopped` at a cancel. */
  takeLocks(names: string[]): Promise<() => void>;
  takeSlot(): Promise<() => void>;
  checkCancelled(): void;
  isCancelled(): boolean;
}
