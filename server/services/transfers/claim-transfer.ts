import { type ClaimedTransfer, claimNextTransfer, sweepTransfers } from "../../db/transfers.ts";
import type { Deps } from "../deps.ts";
import { publishTransfer } from "./publish-transfer.ts";

/** The next transfer for the room `owner`, after ending those that no room will take again. */
export async function claimTransfer(deps: Deps, owner: string): Promise<ClaimedTransfer | null> {
  for (const ended of await sweepTransfers(deps.db)) {
    deps.log.warn({ transfer: ended.id }, "transfer ended: its room died");
    publishTransfer(deps, ended);
  }
  const claimed = await claimNextTransfer(deps.db, owner);
  if (claimed) publishTransfer(deps, claimed);
  return claimed;
}
