import fastifyRateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";

/** Requests a minute of one address, in this process. */
export interface RequestLimits {
  api: number;
  /** Of signing in, by link or through a provider, with the way back. */
  signIn: number;
}

/**
 * Answers 429 with Retry-After to an address that asks too often. The web app's files and the health
 * routes are not counted. Before any route is added.
 */
export async function limitRequests(server: FastifyInstance, limits: RequestLimits): Promise<void> {
  await server.register(fastifyRateLimit, {
    timeWindow: "1 minute",
    max: (request: FastifyRequest) => (isSignIn(request) ? limits.signIn : limits.api),
    allowList: (request) => !isSignIn(request) && !isApi(request),
    keyGenerator: (request) => `${isSignIn(request) ? "sign-in" : "api"} ${request.ip}`,
    errorResponseBuilder: (_request, { ttl, max }) =>
      new MaestroError(
        "rateLimited",
        `more than ${max} requests a minute come from your address: try again in ${Math.ceil(ttl / 1_000)} s`,
      ),
  });
}

function isSignIn(request: FastifyRequest): boolean {
  return request.url.startsWith("/auth/") || request.url.startsWith("/api/auth/");
}

function isApi(request: FastifyRequest): boolean {
  return request.url.startsWith("/trpc/") || request.url.startsWith("/api/");
}
