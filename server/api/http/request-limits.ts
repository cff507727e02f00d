import fastifyRateLimit, { normalizeIP } from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { maxBatchedCalls } from "../../../shared/batch.ts";
import { MaestroError } from "../../../shared/errors.ts";

/** Requests a minute of one address, in this process; each call of a batch is one. */
export interface RequestLimits {
  api: number;
  /** Of signing in, by link or through a provider, with the way back. */
  signIn: number;
}

/** The web app's files, and what probes ask. */
const uncounted = new Set(["/*", "/healthz", "/readyz"]);

/**
 * Answers 429 with Retry-After to an address (of IPv6: a /64) that asks too often. The web app's files
 * and the probes' routes are not counted. Before any route is added.
 */
export async function limitRequests(server: FastifyInstance, limits: RequestLimits): Promise<void> {
  await server.register(fastifyRateLimit, {
    timeWindow: "1 minute",
    max: (request: FastifyRequest) => limits[kindOf(request)],
    allowList: (request) => uncounted.has(routeOf(request)),
    keyGenerator: (request) => `${kindOf(request)} ${normalizeIP(request.ip)}`,
    errorResponseBuilder: (_request, { ttl, max }) =>
      new MaestroError(
        "rateLimited",
        `more than ${max} requests a minute come from your address: try again in ${Math.ceil(ttl / 1_000)} s`,
      ),
  });
  const count = server.createRateLimit();
  server.addHook("onRequest", async (request) => {
    for (let call = furtherCalls(request); call > 0; call -= 1) await count(request);
  });
}

/** Beside its own, which each request is: a batch costs as many requests as it holds calls. */
function furtherCalls(request: FastifyRequest): number {
  const { path = "" } = (request.params ?? {}) as { path?: string };
  if (routeOf(request) !== "/trpc/:path") return 0;
  const commas = path.match(/,/g)?.length ?? 0;
  // More are refused unmade.
  return Math.min(commas, maxBatchedCalls);
}

/**
 * Who waits to be let in asks again and again, and signs nobody in by it: the page of the state, and a
 * command line with the long secret of its login.
 */
const askedAgain = new Set(["/auth/state", "/auth/login/claim"]);

function kindOf(request: FastifyRequest): keyof RequestLimits {
  const route = routeOf(request);
  const isSignIn = /^\/(api\/)?auth\//.test(route) && !askedAgain.has(route);
  return isSignIn ? "signIn" : "api";
}

/** The route that answers, however its address is written. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? "/*";
}
