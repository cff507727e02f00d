import type { Deps } from "../deps.ts";

/** Where the objects of a table run's import stand; each attempt has a folder of its own in it. */
export function stagingPrefix(tableRunId: number): string {
  return `imports/${tableRunId}/`;
}

/** Deletes all that any attempt of the table run's import has staged. Safe to repeat. */
export async function removeStagedObjects(
  deps: Pick<Deps, "objectStore">,
  tableRunId: number,
): Promise<void> {
  const objects = await deps.objectStore.list(stagingPrefix(tableRunId));
  await deps.objectStore.remove(objects.map((object) => object.name));
}
