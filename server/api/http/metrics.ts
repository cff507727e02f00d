import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Deps } from "../../services/deps.ts";
import { countWork } from "../../services/system/count-work.ts";

/** Prometheus metrics: every HTTP answer, the work by state, and the process (with its loop's lag). */
export function createMetrics(server: FastifyInstance, deps: Pick<Deps, "db">): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: "maestro_http_request_duration_seconds",
    help: "Answers by method, route and status; event streams count when they end.",
    labelNames: ["method", "route", "status"] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  new Gauge({
    name: "maestro_work",
    help: "Runs, table runs, jobs and transfers that are unfinished or ended within the last hour.",
    labelNames: ["noun", "state"] as const,
    registers: [registry],
    async collect() {
      const counts = await countWork(deps);
      this.reset();
      for (const { noun, state, count } of counts) this.set({ noun, state }, count);
    },
  });
  server.addHook("onResponse", async (request, reply) => {
    // The route's pattern and never the path: labels must stay few.
    const route = request.routeOptions.url ?? "none";
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    seconds.observe(labels, reply.elapsedTime / 1000);
  });
  return registry;
}
