import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";
import { authorize, type Policy } from "../../services/access/authorize.ts";
import type { Principal } from "../../services/access/principal.ts";
import { expiryHeader } from "./expiry-header.ts";

/**
 * As of procedures; `perProcedure`: what it leads to declares its own; `room`: the room that the
 * address names, by its own token; `roomOrAdmin`: that room or an admin.
 */
type RoutePolicy = Exclude<Policy, "writeTable"> | "perProcedure" | "room" | "roomOrAdmin";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may ask; a route without one keeps the server from starting. */
    policy?: RoutePolicy;
  }
}

export interface RouteEntry {
  method: string;
  url: string;
  policy: RoutePolicy;
}

/** Plugins' routes, which cannot say it themselves. */
const ofPlugins: Record<string, RoutePolicy> = {
  "/trpc/:path": "perProcedure",
  "/*": "public",
};

/**
 * Holds whoever asks for a route against the policy in its `config`, before its body is read.
 * Answers the routes that there are, growing as they are added: call it before any is.
 */
export function holdRoutesToPolicies(
  server: FastifyInstance,
  options: {
    principalOf: (request: FastifyRequest) => Promise<Principal>;
    isRoom: (request: FastifyRequest) => Promise<boolean>;
    now: () => Date;
  },
): readonly RouteEntry[] {
  const entries: RouteEntry[] = [];
  server.addHook("onRoute", (route) => {
    const policy = route.config?.policy ?? ofPlugins[route.url];
    if (policy === undefined) throw undeclared(route);
    for (const method of [route.method].flat()) entries.push({ method, url: route.url, policy });
    route.config = { ...route.config, policy };
  });
  // Cookies are read by now, and the body is not.
  server.addHook("preParsing", async (request, reply) => {
    const policy = request.is404 ? "public" : request.routeOptions.config.policy;
    if (policy === undefined) throw new MaestroError("forbidden", "this is refused to everyone");
    if (policy === "public" || policy === "perProcedure") return;
    const isOfRooms = policy === "room" || policy === "roomOrAdmin";
    if (isOfRooms && (await options.isRoom(request))) return;
    if (policy === "room") {
      const message = "this needs the room's own token, which it finds in MAESTRO_ROOM_TOKEN";
      throw new MaestroError("unauthenticated", message);
    }
    const asked = policy === "roomOrAdmin" ? "admin" : policy;
    const principal = authorize(asked, await options.principalOf(request));
    void reply.headers(expiryHeader(principal, options.now()));
  });
  return entries;
}

function undeclared({ method, url }: RouteOptions): MaestroError {
  return new MaestroError(
    "configuration",
    `the route ${String(method)} ${url} declares no policy: say in its config who may ask`,
  );
}
