import type { GroupView, IssuedToken, Me, TokenView, UserView } from "../../../shared/user.ts";
import { tokenInputSchema } from "../../../shared/user.ts";
import { pending } from "../pending.ts";
import { procedure, router } from "../trpc.ts";
import { byId } from "./inputs.ts";

export const meRouter = router({
  get: procedure("read").query(({ ctx }): Me => ctx.principal.user),
});

export const groupsRouter = router({
  list: procedure("read").query(() => pending<GroupView[]>()),
});

export const usersRouter = router({
  list: procedure("read").query(() => pending<UserView[]>()),
});

export const tokensRouter = router({
  list: procedure("signedIn").query(() => pending<TokenView[]>()),
  create: procedure("signedIn")
    .input(tokenInputSchema)
    .mutation(() => pending<IssuedToken>()),
  revoke: procedure("signedIn")
    .input(byId)
    .mutation(() => pending<{ id: number }>()),
});
