import { eq } from "drizzle-orm";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Deps } from "../deps.ts";
import { assertMayWriteTable } from "./assert-may-write-table.ts";
import type { SignedIn } from "./principal.ts";

/** A transfer is cancelled by whoever may write its table. */
export async function assertMayCancelTransfer(
  deps: Pick<Deps, "db">,
  principal: SignedIn,
  transferId: number,
): Promise<void> {
  const [transfer] = await deps.db
    .select({ id: transfers.tableId })
    .from(transfers)
    .where(eq(transfers.id, transferId));
  if (!transfer) throw new MaestroError("notFound", `there is no transfer ${transferId}`);
  await assertMayWriteTable(deps, principal, transfer);
}
