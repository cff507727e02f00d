import { randomUUID } from "node:crypto";
import fastifyCompress from "@fastify/compress";
import fastifyCookie from "@fastify/cookie";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { errorCodes } from "../../shared/errors.ts";
import type { Deps } from "../services/deps.ts";
import { knownError } from "./error-formatter.ts";
import { serveAudit } from "./http/audit-routes.ts";
import { serveAuth } from "./http/auth-routes.ts";
import { serveGitWebhook } from "./http/git-routes.ts";
import { serveHealth } from "./http/health-routes.ts";
import { requireHttps } from "./http/https-alone.ts";
import { serveLogin } from "./http/login-routes.ts";
import { mendAddress, refuseMalformedAddresses } from "./http/malformed-address.ts";
import { createMetrics } from "./http/metrics.ts";
import { type AllowedHosts, guardRequests, loopbackNames } from "./http/request-guards.ts";
import { limitRequests, type RequestLimits } from "./http/request-limits.ts";
import { isRoom, serveRooms } from "./http/room-routes.ts";
import { holdRoutesToPolicies, type RouteEntry } from "./http/route-policies.ts";
import { serveSchedulers } from "./http/scheduler-routes.ts";
import { sendSecurityHeaders } from "./http/security-headers.ts";
import { principalOf } from "./http/session-request.ts";
import { serveSignIn } from "./http/sign-in-routes.ts";
import { serveWebApp } from "./http/static-app.ts";
import { serveTables } from "./http/table-routes.ts";
import { serveProcedures } from "./serve-procedures.ts";
import type { ServerFacts } from "./trpc.ts";

export interface HttpServerOptions {
  facts: ServerFacts;
  /** Directory of the built web app; it may be missing. */
  webRoot: string;
  /** File of the Python client. */
  pythonClient: string;
  allowedHosts: AllowedHosts;
  /** True where users come over https alone: plain http is sent there, and the cookie marked so. */
  secureCookies: boolean;
  /** Addresses and networks whose X-Forwarded headers are believed. */
  trustedProxies?: readonly string[];
  /** Absent: as many as come. */
  limits?: RequestLimits;
  /** One-time links sign the local admin in; unset: they do where the loopback alone is answered. */
  signInLinks?: boolean;
  /** Origins that browsers upload files to, such as `https://storage.googleapis.com`. */
  connectSources: readonly string[];
  /** The embedded PostgreSQL's superuser, for the sample project; absent where another one is used. */
  demoSourceUrl?: string | null;
}

export interface HttpServer {
  /** Every plain route, with who may ask for it. */
  routes: readonly RouteEntry[];
  /** Resolves to the URL that it answers on; port 0 takes a free one. */
  listen(options: { host: string; port: number }): Promise<string>;
  /** Ends the event streams, lets requests in progress finish for a moment, and closes. */
  close(): Promise<void>;
}

const maxBodyBytes = 4 * 2 ** 20;
const graceMs = 5_000;

/** The API, the sign-in, the health routes and the web app on one port. */
export async function createHttpServer(
  deps: Deps,
  options: HttpServerOptions,
): Promise<HttpServer> {
  const { secureCookies, allowedHosts } = options;
  const closing = new AbortController();
  const server = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    // tRPC puts the names of batched procedures into the path.
    routerOptions: { maxParamLength: 5_000 },
    genReqId: () => randomUUID(),
    forceCloseConnections: "idle",
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    rewriteUrl: mendAddress,
  });
  answerErrors(server, deps);
  sendSecurityHeaders(server, {
    connectSources: options.connectSources,
    https: secureCookies,
  });
  guardRequests(server, allowedHosts);
  refuseMalformedAddresses(server);
  if (secureCookies) requireHttps(server);
  if (options.limits) await limitRequests(server, options.limits);
  const routes = holdRoutesToPolicies(server, {
    principalOf: (request) => principalOf(deps, request, secureCookies),
    isRoom: (request) => isRoom(deps, request),
    now: deps.now,
  });
  const metrics = createMetrics(server, deps);
  await server.register(fastifyCookie);
  await server.register(fastifyCompress, { threshold: 2_048, encodings: ["br", "gzip"] });
  const publicMetrics = allowedHosts === "loopback";
  const answered = {
    httpsOnly: secureCookies,
    hosts: typeof allowedHosts === "string" ? null : [...allowedHosts, ...loopbackNames],
  };
  const auth = { secureCookies, signInLinks: options.signInLinks ?? publicMetrics, answered };
  await serveProcedures(server, deps, {
    ...options,
    localAdminSignsIn: auth.signInLinks,
    answered,
    closing: closing.signal,
    maxBodyBytes,
  });
  serveAudit(server, deps);
  await serveRooms(server, deps);
  const asking = (request: FastifyRequest) => principalOf(deps, request, secureCookies);
  await serveSchedulers(server, deps, asking);
  await serveTables(server, deps, {
    principalOf: asking,
    pythonClient: options.pythonClient,
  });
  serveAuth(server, deps, auth);
  serveSignIn(server, deps, auth);
  serveLogin(server, deps);
  serveGitWebhook(server, deps);
  serveHealth(server, deps, { metrics, publicMetrics });
  await serveWebApp(server, options.webRoot);
  return {
    routes,
    listen: (address) => server.listen(address),
    async close() {
      closing.abort();
      const lingering = setTimeout(() => server.server.closeAllConnections(), graceMs);
      await server.close().finally(() => clearTimeout(lingering));
    },
  };
}

/** Errors of plain routes in the shape that tRPC's have, under `error`. */
function answerErrors(server: FastifyInstance, deps: Pick<Deps, "log">): void {
  server.setErrorHandler((error: unknown, request, reply) => {
    const known = knownError(error);
    if (known) {
      const { status, hint } = errorCodes[known.code];
      const { code, message, field = null, retryAfterMs } = known;
      if (retryAfterMs > 0) void reply.header("retry-after", Math.ceil(retryAfterMs / 1_000));
      return reply.code(status).send({ error: { code, message, hint, field } });
    }
    const status = statusOf(error);
    if (status < 500) {
      const { hint } = errorCodes.invalidInput;
      const message = error instanceof Error ? error.message : "the request was refused";
      return reply
        .code(status)
        .send({ error: { code: "invalidInput", message, hint, field: null } });
    }
    deps.log.error(
      { err: error, requestId: request.id, url: request.routeOptions.url },
      "http failed",
    );
    const { hint } = errorCodes.internal;
    const message = `something failed inside Maestro; the log has it under ${request.id}`;
    return reply.code(500).send({ error: { code: "internal", message, hint, field: null } });
  });
}

/** Fastify's own refusals (a body too large, a content type unknown) name their status. */
function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !("statusCode" in error)) return 500;
  return typeof error.statusCode === "number" ? error.statusCode : 500;
}
