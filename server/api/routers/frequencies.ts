import { type FrequencyView, frequencyInputSchema } from "../../../shared/frequency.ts";
import { pending } from "../pending.ts";
import { procedure, router } from "../trpc.ts";
import { byId } from "./inputs.ts";

export const frequenciesRouter = router({
  list: procedure("read").query(() => pending<FrequencyView[]>()),
  create: procedure("admin")
    .input(frequencyInputSchema)
    .mutation(() => pending<{ id: number }>()),
  update: procedure("admin")
    .input(byId.extend(frequencyInputSchema.shape))
    .mutation(() => pending<{ id: number }>()),
  remove: procedure("admin")
    .input(byId)
    .mutation(() => pending<{ id: number }>()),
  preview: procedure("read")
    .input(frequencyInputSchema.pick({ periodSeconds: true, offsetSeconds: true, timeZone: true }))
    .query(() => pending<{ nextTicks: string[] }>()),
});
