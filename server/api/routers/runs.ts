import { z } from "zod";
import { type RunDetail, type RunListItem, runStates } from "../../../shared/run.ts";
import { pending } from "../pending.ts";
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
    .input(
      z.object({
        limit: limitOf(500, 50),
        beforeId: rowId.optional(),
        frequencyId: rowId.optional(),
        state: z.enum(runStates).optional(),
      }),
    )
    .query(() => pending<RunListItem[]>()),
  get: procedure("read")
    .input(byId)
    .query(() => pending<RunDetail>()),
  start: procedure("write")
    .input(selection)
    .mutation(() => pending<{ runId: number }>()),
  resume: procedure("write")
    .input(byId)
    .mutation(() => pending<{ id: number }>()),
  cancel: procedure("write")
    .input(byId)
    .mutation(() => pending<{ id: number }>()),
  graph: procedure("read")
    .input(byId)
    .query(() =>
      pending<{
        nodes: {
          id: number;
          tableId: number;
          name: string;
          state: RunDetail["tableRuns"][number]["state"];
        }[];
        edges: [parentId: number, childId: number][];
      }>(),
    ),
});
