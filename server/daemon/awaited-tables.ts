import { createDue } from "../support/due.ts";

const lookMs = 5_000;

/**
 * For which tables the next pulse is to look after those that wait for ticks of other frequencies. What
 * this daemon ended is looked after at once, and for nothing else. All are looked after every 5 s and
 * when somebody asks: for waits whose time is up, and for what others changed.
 */
export function createAwaitedTables() {
  const all = createDue(lookMs);
  const ended = new Set<number>();
  return {
    /** Null for all. */
    take(): number[] | null {
      const taken = all.take() ? null : [...ended];
      ended.clear();
      return taken;
    },
    /** Tables that ended; whether there are any. */
    add(tableIds: number[]): boolean {
      for (const id of tableIds) ended.add(id);
      return tableIds.length > 0;
    },
    /** All, at the next pulse; also where what was taken has failed. */
    askAll: () => all.ask(),
  };
}
