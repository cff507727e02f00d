import { and, eq } from "drizzle-orm";
import { transfers } from "../../drizzle/schema/transfers.ts";
import type { Db } from "./client.ts";

/** Of a claim that is still held: another room's transfer keeps its own. */
export async function writeStatement(
  db: Db,
  claim: { id: number; fence: number },
  statement: string,
): Promise<void> {
  await db
    .update(transfers)
    .set({ statement })
    .where(
      and(
        eq(transfers.id, claim.id),
        eq(transfers.fence, claim.fence),
        eq(transfers.state, "running"),
      ),
    );
}
