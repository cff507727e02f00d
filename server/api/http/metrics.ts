import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Deps } from "../../services/deps.ts";
import { countWork } from "../../services/system/count-work.ts";
import { countRooms, measureQueues } from "../../services/system/measure-waiting.ts";

/** Prometheus waits ten seconds for all of it. */
const databaseMs = 3_000;

export interface Metrics {
  contentType: string;
  /** As Prometheus reads it. */
  text(): Promise<string>;
}

/**
 * Prometheus metrics: every HTTP answer, the process (with its loop's lag) and its connections, and, of
 * the installation, the work by state, rooms, and how long the oldest of what waits has waited. While
 * PostgreSQL is away the latter are missing, `maestro_database_up` is 0, and the rest is answered.
 */
export function createMetrics(
  server: FastifyInstance,
  deps: Pick<Deps, "db" | "pool" | "log">,
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  observeAnswers(server, registry);
  observePool(deps, registry);
  const readDatabase = observeDatabase(deps, registry);
  return {
    contentType: registry.contentType,
    async text() {
      await readDatabase();
      return registry.metrics();
    },
  };
}

function observeAnswers(server: FastifyInstance, registry: Registry): void {
  const seconds = new Histogram({
    name: "maestro_http_request_duration_seconds",
    help: "Answers by method, route and status; event streams count when they end.",
    labelNames: ["method", "route", "status"] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  server.addHook("onResponse", async (request, reply) => {
    // The route's pattern and never the path: labels must stay few.
    const route = request.routeOptions.url ?? "none";
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    seconds.observe(labels, reply.elapsedTime / 1000);
  });
}

function observePool({ pool }: Pick<Deps, "pool">, registry: Registry): void {
  new Gauge({
    name: "maestro_pool_connections",
    help: "PostgreSQL connections of this process: busy, idle, and the most that it may have.",
    labelNames: ["state"] as const,
    registers: [registry],
    collect() {
      this.set({ state: "busy" }, pool.totalCount - pool.idleCount);
      this.set({ state: "idle" }, pool.idleCount);
      this.set({ state: "most" }, pool.options.max);
    },
  });
  new Gauge({
    name: "maestro_pool_waiting",
    help: "Queries of this process that wait for a connection.",
    registers: [registry],
    collect() {
      this.set(pool.waitingCount);
    },
  });
}

/** Answers a function that reads them all anew. */
function observeDatabase(deps: Pick<Deps, "db" | "log">, registry: Registry): () => Promise<void> {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const up = gauge("maestro_database_up", "1 where PostgreSQL has answered this very scrape.", []);
  const work = gauge(
    "maestro_work",
    "Runs, table runs, jobs and transfers that are unfinished or ended within the last hour.",
    ["noun", "state"],
  );
  const rooms = gauge("maestro_rooms", "Rooms that are there.", ["scheduler", "state"]);
  const ages = gauge(
    "maestro_queue_age_seconds",
    "How long the oldest has waited: table runs for a slot, transfers for a room, operations of schedulers for a watcher.",
    ["queue"],
  );
  return async () => {
    const read = Promise.all([countWork(deps), countRooms(deps), measureQueues(deps)]);
    const answer = await within(read, databaseMs).catch((error: unknown) => {
      deps.log.warn({ err: error }, "metrics: PostgreSQL is away");
      return null;
    });
    for (const one of [work, rooms, ages]) one.reset();
    up.set(answer === null ? 0 : 1);
    const [counts, roomCounts, queues] = answer ?? [[], [], []];
    for (const { noun, state, count } of counts) work.set({ noun, state }, count);
    for (const { scheduler, state, count } of roomCounts) rooms.set({ scheduler, state }, count);
    for (const { queue, seconds } of queues) ages.set({ queue }, seconds);
  };
}

async function within<T>(asked: Promise<T>, ms: number): Promise<T> {
  const overdue = Promise.withResolvers<never>();
  const timer = setTimeout(() => overdue.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([asked, overdue.promise]);
  } finally {
    clearTimeout(timer);
  }
}
