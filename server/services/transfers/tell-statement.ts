import { writeStatement } from "../../db/transfer-statements.ts";
import type { ClaimedTransfer } from "../../db/transfers.ts";
import type { Deps } from "../deps.ts";

/**
 * Puts what is about to be sent to a database on the transfer's row and into the log. It is printed by
 * us and holds no credentials. While PostgreSQL is away the log has it alone.
 */
export async function tellStatement(
  deps: Pick<Deps, "db" | "log">,
  claim: ClaimedTransfer,
  statement: string,
): Promise<void> {
  const { id: transfer, tableId: table, kind, attempt } = claim;
  deps.log.info({ transfer, table, kind, attempt, statement }, "transfer: statement");
  try {
    await writeStatement(deps.db, claim, statement);
  } catch (error) {
    deps.log.warn({ err: error, transfer }, "transfer: its statement is not written");
  }
}
