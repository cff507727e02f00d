import type { FastifyInstance } from "fastify";
import type { Deps } from "../../services/deps.ts";
import { createReadinessCheck } from "../../services/system/check-readiness.ts";
import type { Metrics } from "./metrics.ts";

/**
 * `/healthz`: the process answers. `/readyz`: so do the parts that it needs, with the name of one that
 * does not. `/metrics`: for Prometheus; beyond the loopback it needs a token, as any other reading does.
 */
export function serveHealth(
  server: FastifyInstance,
  deps: Deps,
  options: { metrics: Metrics; publicMetrics: boolean },
): void {
  const open = { config: { policy: "public" } } as const;
  const checkReadiness = createReadinessCheck(deps);
  server.get("/healthz", open, async () => ({ ok: true }));
  server.get("/readyz", open, async (_request, reply) => {
    const readiness = await checkReadiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  const policy = options.publicMetrics ? "public" : "read";
  server.get("/metrics", { config: { policy } }, async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.text()),
  );
}
