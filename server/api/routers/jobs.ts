import { z } from "zod";
import type { JobView } from "../../../shared/job.ts";
import { pending } from "../pending.ts";
import { procedure, router } from "../trpc.ts";
import { limitOf, rowId } from "./inputs.ts";

export const jobsRouter = router({
  list: procedure("read")
    .input(
      z.object({ limit: limitOf(1000, 100), tableId: rowId.optional(), runId: rowId.optional() }),
    )
    .query(() => pending<JobView[]>()),
});
