import type { SpecificationChange } from "../../../shared/scheduler.ts";

/** What a change of a scheduler has come to. */
export interface SchedulerChange {
  id: number;
  name: string;
  /** Such as `2.1`. */
  version: string;
  /** `major`: its rooms are replaced. */
  change: SpecificationChange;
  /** What its watcher does for it; null: nothing is to be done. */
  operationId: number | null;
}
