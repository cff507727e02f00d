import type { FastifyInstance } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";

/** Probes and collectors come from beside the server, without the proxy. */
const probed = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * Sends who came over plain http to https, and refuses what they sent. How somebody came is what a
 * trusted proxy says in X-Forwarded-Proto.
 */
export function requireHttps(server: FastifyInstance): void {
  server.addHook("onRequest", async (request, reply) => {
    if (request.protocol === "https" || probed.has(request.url.split("?")[0] ?? "")) return;
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw new MaestroError("forbidden", "this server takes changes over https alone");
    }
    return reply.redirect(`https://${request.host}${request.url}`, 308);
  });
}
