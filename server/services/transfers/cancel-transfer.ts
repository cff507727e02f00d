import { MaestroError } from "../../../shared/errors.ts";
import { readTransferKeys, requestCancel } from "../../db/transfers.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { publishTransfer } from "./publish-transfer.ts";

/**
 * A queued transfer is cancelled at once. A running one is marked, and its room stops at the change
 * event or at its next progress, within a second or so. One that has ended stays as it is.
 */
export async function cancelTransfer(
  deps: Pick<Deps, "db" | "changes">,
  transferId: number,
  actor: Actor,
): Promise<void> {
  const keys = await readTransferKeys(deps.db, transferId);
  if (!keys) throw new MaestroError("notFound", `there is no transfer ${transferId}`);
  const changed = await deps.db.transaction(async (tx) => {
    const state = await requestCancel(tx, transferId, actor.name);
    if (state === null) return false;
    const subject = { subjectKind: "transfer", subjectId: transferId };
    await recordChange(tx, actor, { action: "transfer.cancel", ...subject });
    return true;
  });
  if (changed) publishTransfer(deps, keys);
}
