import { endPartLeases } from "../../db/transfer-parts.ts";
import { endLeases } from "../../db/transfers.ts";
import type { Deps } from "../deps.ts";
import { publishTransfer } from "./publish-transfer.ts";

/**
 * Of a room that has died: another goes on with what it had at once. Where PostgreSQL is away, the
 * leases end by themselves.
 */
export async function releaseTransfers(
  deps: Pick<Deps, "db" | "log" | "changes">,
  roomId: string,
): Promise<void> {
  try {
    await endPartLeases(deps.db, roomId);
    for (const transfer of await endLeases(deps.db, roomId)) publishTransfer(deps, transfer);
  } catch (error) {
    deps.log.warn({ err: error, room: roomId }, "transfers are left to their leases");
  }
}
