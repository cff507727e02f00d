import { z } from "zod";
import { loginApprovalSchema, loginCodeSchema } from "../../../shared/login.ts";
import {
  groupChannelSchema,
  groupInputSchema,
  type Me,
  tokenInputSchema,
} from "../../../shared/user.ts";
import { createToken } from "../../services/access/create-token.ts";
import { listAllTokens, listTokens } from "../../services/access/list-tokens.ts";
import { approveLogin, getLogin, refuseLogin } from "../../services/access/log-in.ts";
import { revokeAnyToken, revokeToken } from "../../services/access/revoke-token.ts";
import { addMember, removeMember } from "../../services/people/change-members.ts";
import { disableUser } from "../../services/people/disable-user.ts";
import { enableUser } from "../../services/people/enable-user.ts";
import { listGroups } from "../../services/people/list-groups.ts";
import { listUsers } from "../../services/people/list-users.ts";
import { removeGroup } from "../../services/people/remove-group.ts";
import { createGroup, renameGroup } from "../../services/people/save-group.ts";
import { setAdmin } from "../../services/people/set-admin.ts";
import { setGroupChannel } from "../../services/people/set-group-channel.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { byId, rowId } from "./inputs.ts";

export const meRouter = router({
  get: procedure("read").query(({ ctx }): Me => ctx.principal.user),
});

const membership = byId.extend({ userId: rowId });

export const groupsRouter = router({
  list: procedure("read").query(({ ctx }) => listGroups(ctx.deps)),
  create: procedure("admin")
    .input(groupInputSchema)
    .mutation(({ ctx, input }) => createGroup(ctx.deps, input, actorOf(ctx.principal))),
  rename: procedure("admin")
    .input(byId.extend(groupInputSchema.shape))
    .mutation(async ({ ctx, input }) => {
      await renameGroup(ctx.deps, input, actorOf(ctx.principal));
      return { id: input.id };
    }),
  /** Where Slack is told of its tables. */
  setChannel: procedure("admin")
    .input(byId.extend(groupChannelSchema.shape))
    .mutation(async ({ ctx, input }) => {
      await setGroupChannel(ctx.deps, input, actorOf(ctx.principal));
      return { id: input.id };
    }),
  remove: procedure("admin")
    .input(byId)
    .mutation(async ({ ctx, input }) => {
      await removeGroup(ctx.deps, input.id, actorOf(ctx.principal));
      return { id: input.id };
    }),
  addMember: procedure("admin")
    .input(membership)
    .mutation(async ({ ctx, input }) => {
      await addMember(ctx.deps, input, actorOf(ctx.principal));
      return { id: input.id };
    }),
  removeMember: procedure("admin")
    .input(membership)
    .mutation(async ({ ctx, input }) => {
      await removeMember(ctx.deps, input, actorOf(ctx.principal));
      return { id: input.id };
    }),
});

export const usersRouter = router({
  list: procedure("admin").query(({ ctx }) => listUsers(ctx.deps)),
  enable: procedure("admin")
    .input(byId)
    .mutation(async ({ ctx, input }) => {
      await enableUser(ctx.deps, input.id, actorOf(ctx.principal));
      return { id: input.id };
    }),
  disable: procedure("admin")
    .input(byId)
    .mutation(async ({ ctx, input }) => {
      await disableUser(ctx.deps, input.id, actorOf(ctx.principal), ctx);
      return { id: input.id };
    }),
  setAdmin: procedure("admin")
    .input(byId.extend({ isAdmin: z.boolean() }))
    .mutation(async ({ ctx, input }) => {
      await setAdmin(ctx.deps, input, actorOf(ctx.principal), ctx);
      return { id: input.id };
    }),
});

const loginByCode = z.object({ code: loginCodeSchema });

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
  /** A login of a command line, which waits for its user. */
  login: procedure("signedIn")
    .input(loginByCode)
    .query(({ ctx, input }) => getLogin(ctx.deps, input.code)),
  approveLogin: procedure("signedIn")
    .input(loginApprovalSchema)
    .mutation(async ({ ctx, input }) => {
      await approveLogin(ctx.deps, input, ctx.principal.user);
      return { code: input.code };
    }),
  refuseLogin: procedure("signedIn")
    .input(loginByCode)
    .mutation(async ({ ctx, input }) => {
      await refuseLogin(ctx.deps, input.code, ctx.principal.user);
      return { code: input.code };
    }),
  /** Everybody's. */
  listAll: procedure("admin").query(({ ctx }) => listAllTokens(ctx.deps)),
  revokeAny: procedure("admin")
    .input(byId)
    .mutation(async ({ ctx, input }) => {
      await revokeAnyToken(ctx.deps, input.id, actorOf(ctx.principal));
      return { id: input.id };
    }),
});
