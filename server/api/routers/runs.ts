import { z } from "zod";
import { runFilterSchema } from "../../../shared/run-filter.ts";
import { keptText } from "../../../shared/text.ts";
import { assertMayStart } from "../../services/access/assert-may-start.ts";
import { assertMaySteer } from "../../services/access/assert-may-steer.ts";
import { cancelRun } from "../../services/runs/cancel-run.ts";
import { compareWithBefore } from "../../services/runs/compare-with-before.ts";
import { getRun } from "../../services/runs/get-run.ts";
import { getRunGraph } from "../../services/runs/get-run-graph.ts";
import { listRuns } from "../../services/runs/list-runs.ts";
import { resumeRun } from "../../services/runs/resume-run.ts";
import { startRun } from "../../services/runs/start-run.ts";
import { tellTableRun } from "../../services/runs/tell-table-run.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { byId, limitOf, rowId } from "./inputs.ts";

const selection = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("frequency"), frequencyId: rowId }),
  z.object({
    kind: z.literal("tables"),
    tableIds: z.array(rowId).min(1, "choose at least one table").max(10_000),
    withAncestors: z.boolean().default(false),
    withDescendants: z.boolean().default(false),
  }),
]);

export const runsRouter = router({
  list: procedure("read")
    .input(runFilterSchema.extend({ limit: limitOf(500, 50), beforeId: rowId.optional() }))
    .query(({ ctx, input }) => listRuns(ctx.deps, input)),
  get: procedure("read")
    .input(byId)
    .query(({ ctx, input }) => getRun(ctx.deps, input.id)),
  /** One table run with its whole story, by its id or by its run and `dataset.name`. */
  tableRun: procedure("read")
    .input(z.union([byId, z.object({ runId: rowId, name: keptText().min(1).max(2100) })]))
    .query(({ ctx, input }) => tellTableRun(ctx.deps, input)),
  start: procedure("write")
    .input(selection)
    .mutation(async ({ ctx, input }) => {
      await assertMayStart(ctx.deps, ctx.principal, input);
      return startRun(ctx.deps, input, actorOf(ctx.principal));
    }),
  resume: procedure("write")
    .input(byId)
    .mutation(async ({ ctx, input }) => {
      await assertMaySteer(ctx.deps, ctx.principal, input.id);
      return { id: input.id, ...(await resumeRun(ctx.deps, input.id, actorOf(ctx.principal))) };
    }),
  cancel: procedure("write")
    .input(byId)
    .mutation(async ({ ctx, input }) => {
      await assertMaySteer(ctx.deps, ctx.principal, input.id);
      return { id: input.id, ...(await cancelRun(ctx.deps, input.id, actorOf(ctx.principal))) };
    }),
  /** With the run before it of its kind, or with the one that is named. */
  compare: procedure("read")
    .input(byId.extend({ withId: rowId.optional() }))
    .query(({ ctx, input }) => compareWithBefore(ctx.deps, input.id, input.withId)),
  graph: procedure("read")
    .input(byId)
    .query(({ ctx, input }) => getRunGraph(ctx.deps, input.id)),
});
