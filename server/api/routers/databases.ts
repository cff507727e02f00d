import { z } from "zod";
import { databaseInputSchema } from "../../../shared/database.ts";
import { orUrl } from "../../../shared/database-url.ts";
import { keptText } from "../../../shared/text.ts";
import { browseDatabase } from "../../services/databases/browse-database.ts";
import { createDatabase } from "../../services/databases/create-database.ts";
import { listDatabases } from "../../services/databases/list-databases.ts";
import { removeDatabase } from "../../services/databases/remove-database.ts";
import { testDatabase } from "../../services/databases/test-database.ts";
import { updateDatabase } from "../../services/databases/update-database.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { byId, limitOf } from "./inputs.ts";

const editedInput = byId.extend({
  ...databaseInputSchema.shape,
  /** At another address: increments go on where they were. */
  hasSameData: z.boolean().default(false),
});

export const databasesRouter = router({
  list: procedure("read").query(({ ctx }) => listDatabases(ctx.deps)),
  create: procedure("admin")
    .input(orUrl(databaseInputSchema))
    .mutation(({ ctx, input }) => createDatabase(ctx.deps, input, actorOf(ctx.principal))),
  update: procedure("admin")
    .input(orUrl(editedInput))
    .mutation(({ ctx, input }) => updateDatabase(ctx.deps, input, actorOf(ctx.principal))),
  remove: procedure("admin")
    .input(byId)
    .mutation(({ ctx, input }) => removeDatabase(ctx.deps, input.id, actorOf(ctx.principal))),
  /** A saved one by its id, an edit of it that is not saved yet, or a new one. */
  test: procedure("admin")
    .input(orUrl(z.union([editedInput, databaseInputSchema, byId.strict()])))
    .mutation(({ ctx, input }) => testDatabase(ctx.deps, input)),
  browse: procedure("write")
    .input(
      byId.extend({
        search: keptText().trim().max(200).default(""),
        limit: limitOf(500, 200),
        offset: z.int().min(0).default(0),
      }),
    )
    .query(({ ctx, input }) => browseDatabase(ctx.deps, input)),
});
