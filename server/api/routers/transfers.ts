import { z } from "zod";
import { type TransferView, transferStates } from "../../../shared/transfer.ts";
import { pending } from "../pending.ts";
import { procedure, router } from "../trpc.ts";
import { byId, limitOf } from "./inputs.ts";

export const transfersRouter = router({
  list: procedure("read")
    .input(z.object({ limit: limitOf(1000, 100), state: z.enum(transferStates).optional() }))
    .query(() => pending<TransferView[]>()),
  cancel: procedure("write")
    .input(byId)
    .mutation(() => pending<{ id: number }>()),
});
