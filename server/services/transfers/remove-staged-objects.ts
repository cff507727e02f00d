import type { Deps } from "../deps.ts";
import { removeObjects } from "./remove-objects.ts";

/** Where the objects of a table run's import stand; each attempt has a folder of its own in it. */
export function stagingPrefix(tableRunId: number): string {
  return `imports/${tableRunId}/`;
}

/** Deletes all that any attempt of the table run's import has staged; what is left. Safe to repeat. */
export async function removeStagedObjects(
  deps: Pick<Deps, "objectStore" | "log">,
  tableRunId: number,
): Promise<string[]> {
  const objects = await deps.objectStore.list(stagingPrefix(tableRunId));
  return removeObjects(
    deps,
    objects.map(({ name }) => name),
  );
}
