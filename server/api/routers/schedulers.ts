import { z } from "zod";
import { roomStates } from "../../../shared/room.ts";
import { scaleRequestSchema } from "../../../shared/scheduler-view.ts";
import { listRooms } from "../../services/rooms/list-rooms.ts";
import { createScheduler } from "../../services/schedulers/create-scheduler.ts";
import { deleteScheduler } from "../../services/schedulers/delete-scheduler.ts";
import { getScheduler } from "../../services/schedulers/get-scheduler.ts";
import { listOccupancy } from "../../services/schedulers/list-occupancy.ts";
import { listOperations } from "../../services/schedulers/list-operations.ts";
import { listSchedulers } from "../../services/schedulers/list-schedulers.ts";
import { listVersions } from "../../services/schedulers/list-versions.ts";
import { rollBackScheduler } from "../../services/schedulers/roll-back-scheduler.ts";
import { scale } from "../../services/schedulers/scale.ts";
import { setImage } from "../../services/schedulers/set-image.ts";
import { setMin } from "../../services/schedulers/set-min.ts";
import { updateScheduler } from "../../services/schedulers/update-scheduler.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";
import { limitOf, rowId } from "./inputs.ts";

const byName = z.object({ name: z.string().max(100) });
/** YAML or JSON as text, or what was read from it. */
const specification = z.union([z.string(), z.record(z.string(), z.json())]);

/** For admins alone: a scheduler's command is code, and its environment may hold secrets. */
export const schedulersRouter = router({
  list: procedure("admin").query(({ ctx }) => listSchedulers(ctx.deps)),
  get: procedure("admin")
    .input(byName)
    .query(({ ctx, input }) => getScheduler(ctx.deps, input.name)),
  rooms: procedure("admin")
    .input(
      byName.extend({
        metric: z.enum(["room", "cpu", "mem"]).optional(),
        states: z.array(z.enum(roomStates)).optional(),
        limit: limitOf(1_000, 1_000),
      }),
    )
    .query(({ ctx, input: { name, metric, states, limit } }) =>
      listRooms(ctx.deps, name, {
        limit,
        ...(metric ? { metric } : {}),
        ...(states ? { states } : {}),
      }),
    ),
  occupancy: procedure("admin")
    .input(byName.extend({ hours: z.int().min(1).max(168).default(6) }))
    .query(({ ctx, input }) => listOccupancy(ctx.deps, input.name, input.hours)),
  operations: procedure("admin")
    .input(byName.extend({ limit: limitOf(1_000, 100), beforeId: rowId.optional() }))
    .query(({ ctx, input: { name, limit, beforeId } }) =>
      listOperations(ctx.deps, name, { limit, before: beforeId }),
    ),
  versions: procedure("admin")
    .input(byName.extend({ limit: limitOf(1_000, 100) }))
    .query(({ ctx, input }) => listVersions(ctx.deps, input.name, input.limit)),
  create: procedure("admin")
    .input(z.object({ specification }))
    .mutation(({ ctx, input }) =>
      createScheduler(ctx.deps, actorOf(ctx.principal), input.specification),
    ),
  update: procedure("admin")
    .input(byName.extend({ specification, from: z.string().max(50).optional() }))
    .mutation(({ ctx, input: { name, specification: given, from } }) =>
      updateScheduler(ctx.deps, actorOf(ctx.principal), name, given, from),
    ),
  rollBack: procedure("admin")
    .input(byName.extend({ version: z.string().max(50) }))
    .mutation(({ ctx, input }) =>
      rollBackScheduler(ctx.deps, actorOf(ctx.principal), input.name, input.version),
    ),
  setImage: procedure("admin")
    .input(byName.extend({ image: z.string() }))
    .mutation(({ ctx, input }) =>
      setImage(ctx.deps, actorOf(ctx.principal), input.name, input.image),
    ),
  setMin: procedure("admin")
    .input(byName.extend({ min: z.int() }))
    .mutation(({ ctx, input }) => setMin(ctx.deps, actorOf(ctx.principal), input.name, input.min)),
  scale: procedure("admin")
    .input(byName.extend({ to: scaleRequestSchema }))
    .mutation(({ ctx, input }) => scale(ctx.deps, actorOf(ctx.principal), input.name, input.to)),
  remove: procedure("admin")
    .input(byName)
    .mutation(({ ctx, input }) => deleteScheduler(ctx.deps, actorOf(ctx.principal), input.name)),
});
