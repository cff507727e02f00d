import { once } from "node:events";
import { createServer } from "node:http";
import type { Deps } from "../services/deps.ts";
import { createReadinessCheck, readinessParts } from "../services/system/check-readiness.ts";
import { stuckLoops } from "../support/loop.ts";
import { refuseAddress } from "./serve-api.ts";

/** No step of a loop takes so long, whatever it waits for: each has limits of its own below that. */
const stuckMs = 15 * 60_000;

/**
 * `/healthz` and `/readyz` of a process that answers nothing else, for who restarts it. It is in health
 * while its loops go on; what work needs may be away meanwhile, which a restart mends not, and which
 * `/readyz` names.
 */
export async function serveHealth(
  deps: Deps,
  address: { host: string; port: number },
): Promise<{ port: number; close(): Promise<void> }> {
  const checkReadiness = createReadinessCheck(deps);
  const answer = async (asked: string): Promise<[number, object]> => {
    // Whatever is asked for has an answer: an address that cannot be parsed must not end the process.
    const [path, query] = asked.split("?");
    if (path === "/healthz") {
      const stuck = stuckLoops(stuckMs);
      return [stuck.length === 0 ? 200 : 503, { ok: stuck.length === 0, stuck }];
    }
    const wanted = new URLSearchParams(query).get("part");
    const part = readinessParts.find((one) => one === wanted);
    if (path !== "/readyz") return [404, { error: "this answers /healthz and /readyz" }];
    const { ready, checks } = await checkReadiness();
    const isReady = part ? checks[part] === "ok" : ready;
    return [isReady ? 200 : 503, { ready: isReady, checks }];
  };
  const server = createServer(async (request, response) => {
    const [status, body] = await answer(request.url ?? "/");
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(address.port, address.host);
  await once(server, "listening").catch((cause) =>
    refuseAddress(address, cause, "MAESTRO_HEALTH_LISTEN"),
  );
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound ? bound.port : address.port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
