import type { FastifyInstance, FastifyRequest } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";

/** Probes and collectors come from beside the server, without the proxy. */
const probed = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * Sends who came over plain http to https, and refuses what they sent. How somebody came is what a
 * trusted proxy says in X-Forwarded-Proto.
 */
export function requireHttps(server: FastifyInstance): void {
  server.addHook("onRequest", async (request, reply) => {
    if (request.protocol === "https" || probed.has(request.routeOptions.url ?? "")) return;
    if (isOwnProgram(request)) return;
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw new MaestroError("forbidden", "this server takes changes over https alone");
    }
    return reply.redirect(`https://${request.host}${request.url}`, 308);
  });
}

const ofCommands = new Set(["/trpc/:path", "/auth/login", "/auth/login/claim"]);
const ofRoom = "/scheduler/:scheduler/rooms/:room/";

/**
 * A command or a room on this very machine, which calls with a token: nothing of it goes over a wire.
 * What a proxy passes on, from wherever, says so.
 */
function isOwnProgram({ headers, socket, routeOptions }: FastifyRequest): boolean {
  const { url = "" } = routeOptions;
  if (!ofCommands.has(url) && !url.startsWith(ofRoom)) return false;
  if (headers.cookie !== undefined) return false;
  if (Object.keys(headers).some((name) => /^(x-forwarded-|forwarded$|via$)/.test(name))) {
    return false;
  }
  return socket.remoteAddress === socket.localAddress;
}
