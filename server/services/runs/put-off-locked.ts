import { lockFreeTables } from "../../db/table-locks.ts";
import type { Transition } from "../../db/transition.ts";
import type { EndedJob } from "./settle-table-runs.ts";

/**
 * The ends of imports move watermarks, in the rows of their tables. Those whose row somebody has
 * locked just now are put off to the next pulse; the rows of the others are locked with this.
 */
export async function putOffLocked(
  transition: Transition,
  ended: EndedJob[],
): Promise<{ ended: EndedJob[]; putOff: EndedJob[] }> {
  const imports = ended.filter(isImport);
  if (imports.length === 0) return { ended, putOff: [] };
  const tableIds = imports.map(({ driven }) => driven.claim.tableId);
  const free = await lockFreeTables(transition, tableIds);
  const isLocked = (each: EndedJob) => isImport(each) && !free.has(each.driven.claim.tableId);
  return { ended: ended.filter((each) => !isLocked(each)), putOff: ended.filter(isLocked) };
}

function isImport({ driven: { claim, job } }: EndedJob): boolean {
  return job.step === "load" && claim.staged !== null;
}
