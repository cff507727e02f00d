import type { TransferKeys } from "../../db/transfers.ts";
import type { Deps } from "../deps.ts";

export function publishTransfer(
  deps: Pick<Deps, "changes">,
  transfer: TransferKeys,
  { isProgress = false } = {},
): void {
  deps.changes.publish({
    noun: "transfer",
    id: transfer.id,
    runId: transfer.runId,
    tableId: transfer.tableId,
    ...(isProgress ? { isProgress } : {}),
  });
}
