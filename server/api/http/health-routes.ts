import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { authorize } from "../../services/access/authorize.ts";
import type { Deps } from "../../services/deps.ts";
import { checkReadiness } from "../../services/system/check-readiness.ts";
import { principalOf } from "./auth-routes.ts";

/**
 * `/healthz`: the process answers. `/readyz`: so do the parts that it needs. `/metrics`: for
 * Prometheus; beyond the loopback it needs a token, as any other reading does.
 */
export function serveHealth(
  server: FastifyInstance,
  deps: Deps,
  options: { metrics: Registry; publicMetrics: boolean; secureCookies: boolean },
): void {
  server.get("/healthz", async () => ({ ok: true }));
  server.get("/readyz", async (_request, reply) => {
    const readiness = await checkReadiness(deps);
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  server.get("/metrics", async (request, reply) => {
    if (!options.publicMetrics) {
      authorize("read", await principalOf(deps, request, options.secureCookies));
    }
    return reply.type(options.metrics.contentType).send(await options.metrics.metrics());
  });
}
