import { syncInputSchema } from "../../../shared/git.ts";
import { gitState, planSync, sync } from "../../services/git/sync.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";

/** The repository that saves go to. */
export const gitRouter = router({
  state: procedure("admin").query(({ ctx }) => gitState(ctx.deps)),
  plan: procedure("admin")
    .input(syncInputSchema)
    .query(({ ctx, input }) => planSync(ctx.deps, input, actorOf(ctx.principal))),
  sync: procedure("admin")
    .input(syncInputSchema)
    .mutation(({ ctx, input }) => sync(ctx.deps, input, actorOf(ctx.principal))),
});
