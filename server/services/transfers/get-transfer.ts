import { MaestroError } from "../../../shared/errors.ts";
import type { TransferView } from "../../../shared/transfer.ts";
import { selectTransfer } from "../../db/transfer-views.ts";
import type { Deps } from "../deps.ts";

/** Throws `notFound`. */
export async function getTransfer(deps: Pick<Deps, "db">, id: number): Promise<TransferView> {
  const transfer = await selectTransfer(deps.db, id);
  if (!transfer) throw new MaestroError("notFound", `there is no transfer ${id}`);
  return transfer;
}
