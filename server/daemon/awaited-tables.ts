import type { WaitsFor } from "../services/runs/settle-awaiting.ts";
import { createDue } from "../support/due.ts";

const lookMs = 5_000;

/**
 * Which of the table runs that wait for ticks of other frequencies the next pulse is to look after. At
 * once those that wait for what this daemon ended; and where a run was made, ended or changed, those in
 * it and those that wait for its frequency: of thousands most have nothing to do with it. All are looked after every 5 s and when
 * somebody asks: for waits whose time is up, and for what others changed.
 */
export function createAwaitedTables() {
  const all = createDue(lookMs);
  const ended = new Set<number>();
  const runIds = new Set<number>();
  return {
    /** Null for all. */
    take(): WaitsFor | null {
      const taken = all.take() ? null : { tableIds: [...ended], runIds: [...runIds] };
      ended.clear();
      runIds.clear();
      return taken;
    },
    /** Tables that ended; whether there are any. */
    add(tableIds: number[]): boolean {
      for (const id of tableIds) ended.add(id);
      return tableIds.length > 0;
    },
    addRun(id: number): void {
      runIds.add(id);
    },
    /** All, at the next pulse; also where what was taken has failed. */
    askAll: () => all.ask(),
  };
}
