import { type LoadedTableRun, selectLoaded, setStagedObjects } from "../../db/parking.ts";
import type { Deps } from "../deps.ts";
import { inCloud } from "../settings/in-cloud.ts";
import { removeObjects } from "../transfers/remove-objects.ts";
import { removeStagedObjects } from "../transfers/remove-staged-objects.ts";

const batchSize = 100;
/** Where nothing can be deleted, a bucket's rights say, the rest is left for another time. */
const mostLeft = 100;

/**
 * Removes the files that loads have read, after the commit that says so. The names stay on the row
 * until they are removed: a crash in between costs a repetition, and a missing file is no error. One
 * that cannot be removed holds up no other, and is tried again when it is called again.
 *
 * Begins above `afterId`, and answers how far it came, whether that is the end of all, and whether
 * anything was left on the way.
 */
export async function cleanStaged(
  deps: Pick<Deps, "db" | "log" | "objectStore" | "clouds">,
  signal: AbortSignal,
  afterId: number,
): Promise<{ afterId: number; isEnd: boolean; hasLeft: boolean }> {
  let seenId = afterId;
  let left = 0;
  for (;;) {
    const batch = await selectLoaded(deps.db, seenId, batchSize);
    for (const tableRun of batch) {
      if (signal.aborted || left >= mostLeft) {
        return { afterId: seenId, isEnd: false, hasLeft: left > 0 };
      }
      if (!(await cleanOne(deps, tableRun))) left += 1;
      seenId = tableRun.id;
    }
    if (batch.length < batchSize) return { afterId: seenId, isEnd: true, hasLeft: left > 0 };
  }
}

/** Whether all of its files are gone. */
async function cleanOne(
  deps: Pick<Deps, "db" | "log" | "objectStore" | "clouds">,
  tableRun: LoadedTableRun,
): Promise<boolean> {
  const left = await remove(deps, tableRun);
  const isLess = left.length < tableRun.stagedObjects.length;
  if (isLess) await setStagedObjects(deps.db, tableRun.id, left);
  return left.length === 0;
}

/** The names of those that are left. */
async function remove(
  deps: Pick<Deps, "log" | "objectStore" | "clouds">,
  { id, kind, stagedObjects, cloud }: LoadedTableRun,
): Promise<string[]> {
  const there = inCloud(deps, cloud);
  if (kind !== "import") return removeObjects(there, stagedObjects);
  return (await removeStagedObjects(there, id)) ? [] : stagedObjects;
}
