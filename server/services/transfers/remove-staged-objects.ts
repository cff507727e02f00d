import { messageOf } from "../../../shared/errors.ts";
import { stagedExportsOf } from "../../domain/export-format.ts";
import type { Deps } from "../deps.ts";
import { removeObjects } from "./remove-objects.ts";

/** Where the objects of a table run's import stand. */
export function stagingPrefix(tableRunId: number): string {
  return `imports/${tableRunId}/`;
}

/** Where those of one attempt do. */
export function stagingFolder(transfer: { tableRunId: number; fence: number }): string {
  return `${stagingPrefix(transfer.tableRunId)}${transfer.fence}/`;
}

/**
 * Deletes all that any attempt of the table run's import has staged. Whether all of it is gone; the log
 * tells what is not. Safe to repeat.
 */
export async function removeStagedObjects(
  deps: Pick<Deps, "objectStore" | "log">,
  tableRunId: number,
): Promise<boolean> {
  return removeAllIn(deps, stagingPrefix(tableRunId));
}

/** The same of what any attempt has staged for the table run's export. */
export async function removeStagedExport(
  deps: Pick<Deps, "objectStore" | "log">,
  tableRunId: number,
): Promise<boolean> {
  return removeAllIn(deps, stagedExportsOf(tableRunId));
}

async function removeAllIn(
  deps: Pick<Deps, "objectStore" | "log">,
  prefix: string,
): Promise<boolean> {
  try {
    const objects = await deps.objectStore.list(prefix);
    const names = objects.map(({ name }) => name);
    return (await removeObjects(deps, names)).length === 0;
  } catch (error) {
    deps.log.warn({ prefix, err: error }, `staged files are left: ${messageOf(error)}`);
    return false;
  }
}
