import { z } from "zod";
import {
  type DatabaseView,
  databaseInputSchema,
  type SourceTable,
} from "../../../shared/database.ts";
import { pending } from "../pending.ts";
import { procedure, router } from "../trpc.ts";
import { byId } from "./inputs.ts";

export const databasesRouter = router({
  list: procedure("read").query(() => pending<DatabaseView[]>()),
  create: procedure("admin")
    .input(databaseInputSchema)
    .mutation(() => pending<{ id: number }>()),
  update: procedure("admin")
    .input(byId.extend(databaseInputSchema.shape))
    .mutation(() => pending<{ id: number }>()),
  remove: procedure("admin")
    .input(byId)
    .mutation(() => pending<{ id: number }>()),
  test: procedure("admin")
    .input(z.union([byId, databaseInputSchema]))
    .mutation(() => pending<{ ok: true; version: string } | { ok: false; message: string }>()),
  browse: procedure("read")
    .input(byId)
    .query(() => pending<SourceTable[]>()),
});
