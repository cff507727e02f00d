import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from "fastify";
import { z } from "zod";
import { MaestroError } from "../../../shared/errors.ts";
import { roomEventSchema, roomReportSchema } from "../../../shared/room.ts";
import type { Deps } from "../../services/deps.ts";
import { admitsPing } from "../../services/rooms/admit-room.ts";
import { allocateRoom } from "../../services/rooms/allocate-room.ts";
import { listRooms } from "../../services/rooms/list-rooms.ts";
import { ping, setStatus } from "../../services/rooms/ping.ts";
import { recordEvent } from "../../services/rooms/record-event.ts";
import { roomAddress } from "../../services/rooms/room-address.ts";
import { isRoomToken } from "../../services/rooms/room-token.ts";
import { readInput } from "./read-input.ts";
import { answerRoomErrors } from "./room-errors.ts";

/*
 * What rooms say and what is asked about them, as clients of the room protocol know it. A room shows the bearer token
 * that it was started with, which is good for this room alone; of its requests those with the right
 * token do not count against the limit of their address, from which thousands of rooms may ping. The
 * time is the server's: what a room's own clock says moves nothing.
 */

const ofRoom = "/scheduler/:scheduler/rooms/:room";

interface RoomParams {
  scheduler: string;
  room: string;
}

const listQuery = z.strictObject({
  metric: z.enum(["room", "cpu", "mem"], { error: "metric is room, cpu or mem" }).default("room"),
  limit: z.coerce
    .number()
    .pipe(z.int().min(1).max(1_000, "limit is a whole number from 1 to 1000"))
    .default(5),
});

/** Whether a request shows the token of the room that its address names. */
function showsRoomToken(deps: Pick<Deps, "secretBox">, request: FastifyRequest): boolean {
  const { scheduler, room } = request.params as Partial<RoomParams>;
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (!scheduler || !room || !token) return false;
  return isRoomToken(deps, { scheduler, room }, token);
}

/** Who a route of a room lets in, beside an admin where its policy says so. */
export async function isRoom(
  deps: Pick<Deps, "db" | "secretBox">,
  request: FastifyRequest,
): Promise<boolean> {
  if (showsRoomToken(deps, request)) return true;
  // Whoever shows something else means it.
  if (request.headers.authorization || !request.routeOptions.config.isPing) return false;
  return admitsPing(deps, request.params as RoomParams, request.ip);
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** A report of a room, which a scheduler may let in without a token. */
    isPing?: true;
  }
}

export async function serveRooms(server: FastifyInstance, deps: Deps): Promise<void> {
  await server.register(async (scope) => {
    answerRoomErrors(scope, deps);
    serveRoomsThemselves(scope, deps);
    serveWhoSeeksRooms(scope, deps);
  });
}

function serveRoomsThemselves(server: FastifyInstance, deps: Deps): void {
  const rateLimit = { allowList: (request: FastifyRequest) => showsRoomToken(deps, request) };
  const report: RouteShorthandOptions = { config: { policy: "room", isPing: true, rateLimit } };
  const own: RouteShorthandOptions = { config: { policy: "room", rateLimit } };
  server.put<{ Params: RoomParams }>(`${ofRoom}/ping`, report, async ({ params, body }) => {
    const { commands } = await ping(deps, params, readInput(roomReportSchema, body));
    return { success: true, ...(commands.length > 0 ? { commands } : {}) };
  });
  server.put<{ Params: RoomParams }>(`${ofRoom}/status`, report, async ({ params, body }) => {
    await setStatus(deps, params, readInput(roomReportSchema, body));
    return { success: true };
  });
  for (const kind of ["room", "player"] as const) {
    server.post<{ Params: RoomParams }>(`${ofRoom}/${kind}event`, own, async ({ params, body }) => {
      await recordEvent(deps, params, kind, readInput(roomEventSchema, body));
      return { success: true };
    });
  }
  server.get<{ Params: RoomParams }>(
    `${ofRoom}/address`,
    { config: { policy: "roomOrAdmin", rateLimit } },
    ({ params }) => roomAddress(deps, params),
  );
}

function serveWhoSeeksRooms(server: FastifyInstance, deps: Deps): void {
  const admin: RouteShorthandOptions = { config: { policy: "admin" } };
  server.get<{ Params: RoomParams }>("/scheduler/:scheduler/rooms", admin, async (request) => {
    const { metric, limit } = readInput(listQuery, request.query);
    const states: ("ready" | "occupied")[] = ["ready", "occupied"];
    return { rooms: await listRooms(deps, request.params.scheduler, { metric, limit, states }) };
  });
  server.post<{ Params: RoomParams }>(
    "/scheduler/:scheduler/rooms/allocate",
    admin,
    async ({ params: { scheduler } }) => {
      const room = await allocateRoom(deps, scheduler);
      if (room) return { success: true, ...room };
      throw new MaestroError("notFound", `no room of ${scheduler} is ready just now`);
    },
  );
}
