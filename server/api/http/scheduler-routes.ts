import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from "fastify";
import { z } from "zod";
import { scaleRequestSchema } from "../../../shared/scheduler-view.ts";
import type { Principal } from "../../services/access/principal.ts";
import type { Actor } from "../../services/audit/record-change.ts";
import type { Deps } from "../../services/deps.ts";
import { createScheduler } from "../../services/schedulers/create-scheduler.ts";
import { deleteScheduler } from "../../services/schedulers/delete-scheduler.ts";
import { getScheduler } from "../../services/schedulers/get-scheduler.ts";
import { scale } from "../../services/schedulers/scale.ts";
import { setImage } from "../../services/schedulers/set-image.ts";
import { setMin } from "../../services/schedulers/set-min.ts";
import { updateScheduler } from "../../services/schedulers/update-scheduler.ts";
import { actorOf } from "../actor.ts";
import { readInput } from "./read-input.ts";
import { answerRoomErrors } from "./room-errors.ts";

const yamlTypes = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"];
const route = "/scheduler/:name";

const imageSchema = z.strictObject({ image: z.string("image names an image") });
const minSchema = z.strictObject({ min: z.int("min is a whole number") });

interface Named {
  Params: { name: string };
}

/** Management of schedulers, for admins: specifications come as YAML or as JSON. */
export async function serveSchedulers(
  server: FastifyInstance,
  deps: Deps,
  principalOf: (request: FastifyRequest) => Promise<Principal>,
): Promise<void> {
  const actor = async (request: FastifyRequest): Promise<Actor> => {
    const principal = await principalOf(request);
    // The policy has let an admin in; a session that ended since is nobody's.
    return principal.kind === "anonymous" ? { userId: null, name: "" } : actorOf(principal);
  };
  await server.register(async (scope) => {
    answerRoomErrors(scope, deps);
    scope.addContentTypeParser(
      yamlTypes,
      { parseAs: "string" },
      async (_: unknown, body: string) => body,
    );
    serveSpecifications(scope, deps, actor);
    serveSize(scope, deps, actor);
  });
}

const admin: RouteShorthandOptions = { config: { policy: "admin" } };
type ActorOf = (request: FastifyRequest) => Promise<Actor>;

function serveSpecifications(server: FastifyInstance, deps: Deps, actor: ActorOf): void {
  server.post("/scheduler", admin, async (request, reply) => {
    const made = await createScheduler(deps, await actor(request), request.body);
    return reply.code(201).send({ success: true, ...made });
  });
  server.get<Named>(route, admin, ({ params }) => getScheduler(deps, params.name));
  server.put<Named>(route, admin, async (request) => {
    const { params, body } = request;
    const changed = await updateScheduler(deps, await actor(request), params.name, body);
    return { success: true, ...changed };
  });
  server.delete<Named>(route, admin, async (request) => {
    const deleted = await deleteScheduler(deps, await actor(request), request.params.name);
    return { success: true, ...deleted };
  });
}

function serveSize(server: FastifyInstance, deps: Deps, actor: ActorOf): void {
  server.put<Named>(`${route}/image`, admin, async (request) => {
    const { image } = readInput(imageSchema, request.body);
    const changed = await setImage(deps, await actor(request), request.params.name, image);
    return { success: true, ...changed };
  });
  server.put<Named>(`${route}/min`, admin, async (request) => {
    const { min } = readInput(minSchema, request.body);
    const changed = await setMin(deps, await actor(request), request.params.name, min);
    return { success: true, ...changed };
  });
  server.post<Named>(`${route}/scale`, admin, async (request) => {
    const wanted = readInput(scaleRequestSchema, request.body);
    const scaled = await scale(deps, await actor(request), request.params.name, wanted);
    return { success: true, ...scaled };
  });
  server.get<Named>(`${route}/status`, admin, async ({ params }) => {
    const { specification, rooms, ...view } = await getScheduler(deps, params.name);
    const { game, image, autoscaling } = specification;
    const { creating = 0, ready = 0, occupied = 0, terminating = 0 } = rooms;
    return {
      ...view,
      game,
      image,
      autoscalingMin: autoscaling.min,
      autoscalingMax: autoscaling.max,
      roomsCreating: creating,
      roomsReady: ready,
      roomsOccupied: occupied,
      roomsTerminating: terminating,
    };
  });
}
