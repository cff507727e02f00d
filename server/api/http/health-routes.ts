import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Deps } from "../../services/deps.ts";
import { createReadinessCheck, readinessParts } from "../../services/system/check-readiness.ts";
import type { Metrics } from "./metrics.ts";
import { readInput } from "./read-input.ts";

const partInput = z.object({ part: z.enum(readinessParts).optional() });

/**
 * `/healthz`: the process answers. `/readyz`: so do the parts that work needs, with the name of one that
 * does not; `?part=postgres` asks for that part alone, without which there is no web app either, where
 * BigQuery's absence must not take that away. `/metrics`: for Prometheus; beyond the loopback it needs a token, as any other reading does.
 */
export function serveHealth(
  server: FastifyInstance,
  deps: Deps,
  options: { metrics: Metrics; publicMetrics: boolean },
): void {
  const open = { config: { policy: "public" } } as const;
  const checkReadiness = createReadinessCheck(deps);
  server.get("/healthz", open, async () => ({ ok: true }));
  server.get("/readyz", open, async (request, reply) => {
    const { part } = readInput(partInput, request.query);
    const { ready, checks } = await checkReadiness();
    const isReady = part ? checks[part] === "ok" : ready;
    return reply.code(isReady ? 200 : 503).send({ ready: isReady, checks });
  });
  const policy = options.publicMetrics ? "public" : "read";
  server.get("/metrics", { config: { policy } }, async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.text()),
  );
}
