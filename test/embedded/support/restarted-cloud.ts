import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { type CloudProcess, clientsOf, spawnCloud } from "./local-cloud.ts";

/** Starts the local cloud as a process, each time on the same data; every test has its own. */
export function restartedCloud() {
  let running: CloudProcess | undefined;
  let dataDir = "";
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "maestro-test-cloud-"));
  });
  afterEach(async () => {
    await running?.kill("SIGKILL");
    await rm(dataDir, { recursive: true, force: true });
  });
  return async () => {
    running = await spawnCloud(dataDir, ["--standalone"]);
    return { process: running, ...(await clientsOf(running.url)) };
  };
}
