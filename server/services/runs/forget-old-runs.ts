import {
  deleteRun,
  lockToForget,
  selectOldRuns,
  selectStagedExports,
  selectStagedImports,
} from "../../db/forgotten-runs.ts";
import { inTransaction } from "../../db/transition.ts";
import type { Deps } from "../deps.ts";
import { inCloud } from "../settings/in-cloud.ts";
import { removeStagedExport, removeStagedObjects } from "../transfers/remove-staged-objects.ts";

const batchSize = 100;

/**
 * Deletes the runs that ended longer ago than is set, one by one, but for those that something is
 * still read from; costs stay. Answers how many.
 */
export async function forgetOldRuns(
  deps: Pick<Deps, "db" | "pool" | "log" | "limits" | "objectStore" | "clouds">,
  signal: AbortSignal,
): Promise<number> {
  const days = deps.limits.runRetentionDays;
  if (days === 0) return 0;
  let forgotten = 0;
  let afterId = 0;
  for (;;) {
    const ids = await selectOldRuns(deps.db, { afterId, days, limit: batchSize });
    for (const id of ids) {
      if (signal.aborted) return forgotten;
      if (await forgetRun(deps, id, days)) forgotten += 1;
      afterId = id;
    }
    if (ids.length < batchSize) break;
  }
  if (forgotten > 0) deps.log.info({ runs: forgotten, days }, "old runs were deleted");
  return forgotten;
}

async function forgetRun(
  deps: Pick<Deps, "pool" | "log" | "objectStore" | "clouds">,
  id: number,
  days: number,
): Promise<boolean> {
  const staged = await inTransaction(deps.pool, async (transition) => {
    if (!(await lockToForget(transition, id, days))) return null;
    const imports = await selectStagedImports(transition, id);
    const exports = await selectStagedExports(transition, id);
    const cloud = await deleteRun(transition, id);
    return { imports, exports, cloud };
  });
  if (staged === null) return false;
  const there = inCloud(deps, staged.cloud);
  for (const tableRun of staged.imports) await removeStagedObjects(there, tableRun.id);
  for (const tableRun of staged.exports) await removeStagedExport(there, tableRun.id);
  return true;
}
