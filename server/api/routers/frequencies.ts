import { frequencyInputSchema } from "../../../shared/frequency.ts";
import { tableDefinitionSchema } from "../../../shared/table.ts";
import { getFrequency } from "../../services/frequencies/get-frequency.ts";
import { listFrequencies } from "../../services/frequencies/list-frequencies.ts";
import { previewTicks } from "../../services/frequencies/preview-ticks.ts";
import { removeFrequency } from "../../services/frequencies/remove-frequency.ts";
import { createFrequency, updateFrequency } from "../../services/frequencies/save-frequency.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { byId } from "./inputs.ts";

const previewInput = frequencyInputSchema
  .pick({ periodSeconds: true, offsetSeconds: true, timeZone: true })
  .extend(tableDefinitionSchema.pick({ conditions: true }).shape);

export const frequenciesRouter = router({
  list: procedure("read").query(({ ctx }) => listFrequencies(ctx.deps)),
  byName: procedure("read")
    .input(frequencyInputSchema.pick({ name: true }))
    .query(({ ctx, input }) => getFrequency(ctx.deps, input.name)),
  create: procedure("admin")
    .input(frequencyInputSchema)
    .mutation(({ ctx, input }) => createFrequency(ctx.deps, input, actorOf(ctx.principal))),
  update: procedure("admin")
    .input(byId.extend(frequencyInputSchema.shape))
    .mutation(({ ctx, input }) => updateFrequency(ctx.deps, input, actorOf(ctx.principal))),
  remove: procedure("admin")
    .input(byId)
    .mutation(({ ctx, input }) => removeFrequency(ctx.deps, input.id, actorOf(ctx.principal))),
  preview: procedure("read")
    .input(previewInput)
    .query(({ ctx, input }) => previewTicks(ctx.deps, input)),
});
