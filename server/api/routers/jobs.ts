import { z } from "zod";
import { listJobs } from "../../services/jobs/list-jobs.ts";
import { procedure, router } from "../trpc.ts";
import { limitOf, rowId } from "./inputs.ts";

export const jobsRouter = router({
  list: procedure("read")
    .input(
      z.object({
        limit: limitOf(1000, 100),
        tableId: rowId.optional(),
        runId: rowId.optional(),
        tableRunId: rowId.optional(),
        beforeId: rowId.optional(),
      }),
    )
    .query(({ ctx, input }) => listJobs(ctx.deps, input)),
});
