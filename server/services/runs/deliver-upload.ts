import { MaestroError } from "../../../shared/errors.ts";
import { storeUpload } from "../../db/parking.ts";
import { inTransition } from "../../db/transition.ts";
import type { Deps } from "../deps.ts";

/**
 * Hands uploaded files, by their names in the bucket, to the external table's run that waits for
 * them; its load begins as soon as a slot is free.
 */
export async function deliverUpload(
  deps: Pick<Deps, "pool" | "changes">,
  tableRunId: number,
  objects: string[],
): Promise<void> {
  if (objects.length === 0) throw new MaestroError("invalidInput", "name the uploaded objects");
  const stored = await inTransition(deps.pool, (transition) =>
    storeUpload(transition, tableRunId, objects),
  );
  if (!stored) {
    throw new MaestroError("conflict", `table run ${tableRunId} does not wait for an upload`);
  }
  deps.changes.publish({ noun: "run", id: stored.runId, ...stored });
}
