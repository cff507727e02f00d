import { startEngine } from "../../server/daemon/engine.ts";
import { connectCloud, createEngineDeps } from "./engine-deps.ts";

/*
 * A daemon with the engine alone: `node engine-process.ts CONNECTION WAREHOUSE NAME`. It stops on
 * SIGTERM, ends with the test that started it, and tests kill it by other signals. Its clock is the
 * machine's until it is told another time.
 */
const [connectionString = "", warehouseUrl = "", processId = ""] = process.argv.slice(2);
const deps = createEngineDeps({
  connectionString,
  ...(await connectCloud(warehouseUrl)),
  processId,
  applicationName: processId,
  logLevel: "warn",
});
let told: number | null = null;
deps.now = () => new Date(told ?? Date.now());
const engine = startEngine(deps);
process.on("message", ({ nowMs }: { nowMs: number }) => {
  told = nowMs;
  process.send?.("told");
});
process.once("disconnect", () => process.exit(1));
process.once("SIGTERM", async () => {
  await engine.stop();
  await deps.close();
  process.exit(0);
});
process.send?.("ready");
