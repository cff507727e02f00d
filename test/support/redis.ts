import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { pino } from "pino";
import { connectRedis, type Redis } from "../../server/connectors/redis.ts";
import { freePort } from "./mariadb.ts";

export interface TestRedis {
  url: string;
  redis: Redis;
  /** As if it had been emptied, or started anew. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/** A real Redis of the test's own that keeps nothing on disk, and a connection to it. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  const settings = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
  ];
  const server = spawn("redis-server", settings, { stdio: "ignore", cwd: "/tmp" });
  const url = `redis://127.0.0.1:${port}`;
  const redis = await connectRedis({ url, timeoutSeconds: 20, log: pino({ level: "silent" }) });
  return {
    url,
    redis,
    async flush() {
      await redis.run("redis.call('FLUSHALL')", [], []);
    },
    async stop() {
      redis.close();
      await end(server);
    },
  };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGKILL");
  await ended;
}
