import { z } from "zod";
import { transferKinds, transferStates } from "../../../shared/transfer.ts";
import { assertMayCancelTransfer } from "../../services/access/assert-may-cancel-transfer.ts";
import { cancelTransfer } from "../../services/transfers/cancel-transfer.ts";
import { getTransfer } from "../../services/transfers/get-transfer.ts";
import { listTransfers } from "../../services/transfers/list-transfers.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { byId, limitOf, rowId } from "./inputs.ts";

export const transfersRouter = router({
  list: procedure("read")
    .input(
      z.object({
        limit: limitOf(1000, 100),
        kind: z.enum(transferKinds).optional(),
        state: z.enum(transferStates).optional(),
        tableId: rowId.optional(),
        databaseId: rowId.optional(),
        runId: rowId.optional(),
        beforeId: rowId.optional(),
      }),
    )
    .query(({ ctx, input }) => listTransfers(ctx.deps, input)),
  get: procedure("read")
    .input(byId)
    .query(({ ctx, input }) => getTransfer(ctx.deps, input.id)),
  cancel: procedure("write")
    .input(byId)
    .mutation(async ({ ctx, input }) => {
      await assertMayCancelTransfer(ctx.deps, ctx.principal, input.id);
      await cancelTransfer(ctx.deps, input.id, actorOf(ctx.principal));
      return { id: input.id };
    }),
});
