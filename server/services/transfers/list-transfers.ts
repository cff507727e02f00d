import type { TransferFilter, TransferView } from "../../../shared/transfer.ts";
import { selectTransfers } from "../../db/transfer-views.ts";
import type { Deps } from "../deps.ts";

/** The newest first. */
export async function listTransfers(
  deps: Pick<Deps, "db">,
  filter: Partial<TransferFilter> = {},
): Promise<TransferView[]> {
  return selectTransfers(deps.db, { limit: 100, ...filter });
}
