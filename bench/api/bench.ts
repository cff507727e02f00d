import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { startMaestro } from "../../test/support/start-maestro.ts";
import type { BenchOptions } from "../support/options.ts";
import type { BenchResult } from "../support/report.ts";
import { type Comparison, compare } from "../support/rounds.ts";
import { flood, type ListServer, rowsFrom, verify } from "./flood.ts";
import { openSetting, type Setting } from "./setting.ts";

const requestsOf = { small: 400, full: 2_000 };
const roundsOf = { small: 5, full: 20 };
const listed = 100;
const leastSpeed = 0.8;

const signedIn = "fastify and pg, prepared, with a token";
const bare = "fastify and pg, prepared, open to all";

/** A list of 100 jobs by tRPC over Drizzle, against the least that a program would do by hand. */
export async function run({ size, log }: BenchOptions): Promise<BenchResult> {
  const setting = await openSetting();
  const maestro = await startMaestro({
    dataDir: join(setting.dataDir, "maestro"),
    role: "api",
    environment: {
      MAESTRO_DB_CONNECT: setting.connectionString,
      MAESTRO_SECRET: "of the bench of the api",
      MAESTRO_LOCAL_CLOUD_URL: "http://127.0.0.1:9",
      MAESTRO_REQUESTS_PER_MINUTE: "10000000",
    },
  });
  const peer = await startPeer(setting);
  try {
    const servers = serversOf(maestro, peer, setting);
    const wanted = await rowsFrom(servers.ours);
    if (!Array.isArray(wanted) || wanted.length !== listed) throw new Error("not 100 rows");
    const comparison = await compare({
      title: `a list of ${listed} jobs, seconds a request`,
      contestants: [
        contestant("ours", "ours", servers.ours),
        contestant(signedIn, "peer", servers.signedIn),
        contestant(bare, "limit", servers.bare),
      ],
      baseline: signedIn,
      otherBaselines: [bare],
      rounds: roundsOf[size],
      log,
    });
    return resultOf(comparison);

    function contestant(name: string, role: "ours" | "peer" | "limit", server: ListServer) {
      const measure = async () => {
        await verify(server, wanted);
        return flood(server, requestsOf[size]);
      };
      return { name, role, measure };
    }
  } finally {
    peer.child.disconnect();
    await maestro.stop();
    await setting.close();
  }
}

function serversOf(
  maestro: { url: string; pid: number },
  peer: { url: string; child: ChildProcess },
  { token }: Setting,
): Record<"ours" | "signedIn" | "bare", ListServer> {
  const input = encodeURIComponent(JSON.stringify({ limit: listed }));
  const byHand = { pid: peer.child.pid ?? 0, url: `${peer.url}/jobs?limit=${listed}` };
  const rowsOf = (body: unknown) => body;
  return {
    ours: {
      pid: maestro.pid,
      url: `${maestro.url}/trpc/jobs.list?input=${input}`,
      headers: { "x-api-token": token },
      rowsOf: (body) => (body as { result: { data: unknown } }).result.data,
    },
    signedIn: { ...byHand, headers: { "x-api-token": token }, rowsOf },
    bare: { ...byHand, headers: {}, rowsOf },
  };
}

async function startPeer(setting: Setting): Promise<{ url: string; child: ChildProcess }> {
  const child = fork(new URL("./fastify-pg-main.ts", import.meta.url), [setting.connectionString]);
  const { url } = await new Promise<{ url: string }>((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`fastify and pg ended with ${code}`)));
  });
  return { url, child };
}

function resultOf(comparison: Comparison): BenchResult {
  const ours = comparison.contestants.find(({ role }) => role === "ours");
  const speed = 1 / (ours?.ratio.median ?? Number.NaN);
  return {
    comparisons: [comparison],
    targets: [
      {
        what: `speed of a list of ${listed} rows, against ${signedIn}`,
        reach: `≥ ${leastSpeed.toFixed(2)}`,
        measured: speed.toFixed(2),
        met: speed >= leastSpeed,
      },
    ],
    verified: ["before each measurement every server answered the same 100 rows, each field equal"],
    missing: [],
  };
}
