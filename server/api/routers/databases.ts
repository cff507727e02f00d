import { z } from "zod";
import { databaseInputSchema } from "../../../shared/database.ts";
import { browseDatabase } from "../../services/databases/browse-database.ts";
import { createDatabase } from "../../services/databases/create-database.ts";
import { listDatabases } from "../../services/databases/list-databases.ts";
import { removeDatabase } from "../../services/databases/remove-database.ts";
import { testDatabase } from "../../services/databases/test-database.ts";
import { updateDatabase } from "../../services/databases/update-database.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { byId } from "./inputs.ts";

export const databasesRouter = router({
  list: procedure("read").query(({ ctx }) => listDatabases(ctx.deps)),
  create: procedure("admin")
    .input(databaseInputSchema)
    .mutation(({ ctx, input }) => createDatabase(ctx.deps, input, actorOf(ctx.principal))),
  update: procedure("admin")
    .input(byId.extend(databaseInputSchema.shape))
    .mutation(({ ctx, input }) => updateDatabase(ctx.deps, input, actorOf(ctx.principal))),
  remove: procedure("admin")
    .input(byId)
    .mutation(({ ctx, input }) => removeDatabase(ctx.deps, input.id, actorOf(ctx.principal))),
  /** A saved one by its id, or one that is not saved yet. */
  test: procedure("admin")
    .input(z.union([databaseInputSchema, byId]))
    .mutation(({ ctx, input }) => testDatabase(ctx.deps, input)),
  browse: procedure("write")
    .input(byId)
    .query(({ ctx, input }) => browseDatabase(ctx.deps, input.id)),
});
