import { type Me, tokenInputSchema } from "../../../shared/user.ts";
import { createToken } from "../../services/access/create-token.ts";
import { listTokens } from "../../services/access/list-tokens.ts";
import { revokeToken } from "../../services/access/revoke-token.ts";
import { listGroups } from "../../services/people/list-groups.ts";
import { listUsers } from "../../services/people/list-users.ts";
import { procedure, router } from "../trpc.ts";
import { byId } from "./inputs.ts";

export const meRouter = router({
  get: procedure("read").query(({ ctx }): Me => ctx.principal.user),
});

export const groupsRouter = router({
  list: procedure("read").query(({ ctx }) => listGroups(ctx.deps)),
});

export const usersRouter = router({
  list: procedure("read").query(({ ctx }) => listUsers(ctx.deps)),
});

/** A user's own tokens. A token cannot make tokens, so that a leaked one ends with its expiry. */
export const tokensRouter = router({
  list: procedure("signedIn").query(({ ctx }) => listTokens(ctx.deps, ctx.principal.user.id)),
  create: procedure("signedIn")
    .input(tokenInputSchema)
    .mutation(({ ctx, input }) => createToken(ctx.deps, ctx.principal.user, input)),
  revoke: procedure("signedIn")
    .input(byId)
    .mutation(async ({ ctx, input }) => {
      await revokeToken(ctx.deps, ctx.principal.user, input.id);
      return { id: input.id };
    }),
});
