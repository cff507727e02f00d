import { MaestroError } from "../../../shared/errors.ts";
import { readTransferKeys, requestCancel } from "../../db/transfers.ts";
import type { Deps } from "../deps.ts";
import { publishTransfer } from "./publish-transfer.ts";

/**
 * A queued transfer is cancelled at once. A running one is marked, and its room stops at the change
 * event or at its next progress, within a second or so. One that has ended stays as it is.
 */
export async function cancelTransfer(
  deps: Pick<Deps, "db" | "changes">,
  transferId: number,
): Promise<void> {
  const keys = await readTransferKeys(deps.db, transferId);
  if (!keys) throw new MaestroError("notFound", `there is no transfer ${transferId}`);
  if (await requestCancel(deps.db, transferId)) publishTransfer(deps, keys);
}
