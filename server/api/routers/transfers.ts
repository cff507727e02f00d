import { z } from "zod";
import { transferStates } from "../../../shared/transfer.ts";
import { assertMayCancelTransfer } from "../../services/access/assert-may-cancel-transfer.ts";
import { cancelTransfer } from "../../services/transfers/cancel-transfer.ts";
import { listTransfers } from "../../services/transfers/list-transfers.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { byId, limitOf } from "./inputs.ts";

export const transfersRouter = router({
  list: procedure("read")
    .input(z.object({ limit: limitOf(1000, 100), state: z.enum(transferStates).optional() }))
    .query(({ ctx, input: { limit, state } }) =>
      listTransfers(ctx.deps, state === undefined ? { limit } : { limit, state }),
    ),
  cancel: procedure("write")
    .input(byId)
    .mutation(async ({ ctx, input }) => {
      await assertMayCancelTransfer(ctx.deps, ctx.principal, input.id);
      await cancelTransfer(ctx.deps, input.id, actorOf(ctx.principal));
      return { id: input.id };
    }),
});
