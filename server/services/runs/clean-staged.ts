import { clearStagedObjects, selectLoaded } from "../../db/parking.ts";
import type { Deps } from "../deps.ts";
import { removeStagedObjects } from "../transfers/remove-staged-objects.ts";

/**
 * Removes the files that loads have read, after the commit that says so. The names stay on the row
 * until they are removed: a crash in between costs a repetition, and a missing file is no error.
 */
export async function cleanStaged(
  deps: Pick<Deps, "db" | "objectStore">,
  signal: AbortSignal,
): Promise<void> {
  for (const { id, kind, stagedObjects } of await selectLoaded(deps.db)) {
    if (signal.aborted) return;
    if (kind === "import") await removeStagedObjects(deps, id);
    else await deps.objectStore.remove(stagedObjects);
    await clearStagedObjects(deps.db, id);
  }
}
