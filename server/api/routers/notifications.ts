import { z } from "zod";
import { notificationStates } from "../../../shared/notification.ts";
import { listNotifications } from "../../services/notifications/list-notifications.ts";
import { showNotificationSecret } from "../../services/notifications/notification-secret.ts";
import { sendAgain } from "../../services/notifications/send-again.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { byId, limitOf, rowId } from "./inputs.ts";

export const notificationsRouter = router({
  list: procedure("read")
    .input(
      z.object({
        tableId: rowId.optional(),
        state: z.enum(notificationStates).optional(),
        id: rowId.optional(),
        limit: limitOf(1000, 50),
      }),
    )
    .query(({ ctx, input }) => listNotifications(ctx.deps, input)),
  sendAgain: procedure("write")
    .input(byId)
    .mutation(({ ctx, input }) => {
      const { principal } = ctx;
      return sendAgain(ctx.deps, input.id, { principal, actor: actorOf(principal) });
    }),
  /** Of a table, by its id. */
  secret: procedure("writeTable")
    .input(byId.extend({ renew: z.boolean().default(false) }))
    .mutation(({ ctx, input }) => showNotificationSecret(ctx.deps, input, actorOf(ctx.principal))),
});
