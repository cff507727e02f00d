import type { TransferState, TransferView } from "../../../shared/transfer.ts";
import { selectTransfers } from "../../db/transfer-views.ts";
import type { Deps } from "../deps.ts";

/** The newest first. */
export async function listTransfers(
  deps: Pick<Deps, "db">,
  filter: { limit?: number; state?: TransferState } = {},
): Promise<TransferView[]> {
  const { limit = 100, ...rest } = filter;
  return selectTransfers(deps.db, { limit, ...rest });
}
