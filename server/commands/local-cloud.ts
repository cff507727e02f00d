import { Command, InvalidArgumentError } from "commander";
import { createLog } from "../support/log.ts";
import { aborted, createStopSignal } from "./stop-signal.ts";

interface Options {
  dataDir: string;
  listen: { host: string; port: number };
  location: string;
  standalone: boolean;
}

const gracefulSeconds = 30;
/** Tells the owner to start it again. */
const failedExitCode = 70;

/** `maestro local-cloud`: BigQuery and Cloud Storage for this machine, on one data directory. */
export function createLocalCloudCommand(environment: Record<string, string | undefined>): Command {
  return new Command("local-cloud")
    .description("BigQuery and Cloud Storage for this machine")
    .option("--data-dir <path>", "where tables and objects are kept", ".maestro/cloud")
    .option("--listen <host:port>", "where it answers; port 0 is any free one", parseListen, {
      host: "127.0.0.1",
      port: 0,
    })
    .option("--location <name>", "the location of its jobs and datasets", "US")
    .option("--standalone", "stay when nobody has asked for anything for a minute", false)
    .action(async (options: Options) => {
      process.exitCode = await runLocalCloud(options, environment);
    });
}

/** Runs until a signal, or until nobody needs it; answers the exit code. */
async function runLocalCloud(
  options: Options,
  environment: Record<string, string | undefined>,
): Promise<number> {
  // DuckDB's statements each hold a thread of Node's pool: with its default of four, as many long
  // queries would leave none for anything else. It is read when the pool is first used.
  environment["UV_THREADPOOL_SIZE"] ??= "64";
  const log = createLog({ level: "info", path: null, role: "local-cloud" });
  const signal = createStopSignal(gracefulSeconds, log);
  const { startLocalCloud } = await import("../embedded/local-cloud.ts");
  const { dataDir, location, standalone } = options;
  const cloud = await startLocalCloud({ ...options.listen, dataDir, location, standalone, log });
  log.info({ url: cloud.url }, "local cloud: ready");
  const cause = await Promise.race([aborted(signal), cloud.ended]);
  log.info({ cause: cause ?? "signal" }, "local cloud: stopping");
  await cloud.close();
  return cause === "failed" ? failedExitCode : 0;
}

function parseListen(value: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]*)):(\d{1,5})$/.exec(value);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new InvalidArgumentError("write it as host:port, such as 127.0.0.1:9050");
  }
  return { host: match[1] ?? (match[2] || "127.0.0.1"), port };
}
