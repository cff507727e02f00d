import { startEngine } from "../../server/daemon/engine.ts";
import { connectWarehouse, createEngineDeps } from "./engine-deps.ts";

/*
 * A daemon with the engine alone: `node engine-process.ts CONNECTION WAREHOUSE NAME`. It stops on
 * SIGTERM, and tests kill it by other signals.
 */
const [connectionString = "", warehouseUrl = "", processId = ""] = process.argv.slice(2);
const deps = createEngineDeps({
  connectionString,
  warehouse: await connectWarehouse(warehouseUrl),
  processId,
  applicationName: processId,
  logLevel: "warn",
});
const engine = startEngine(deps);
process.once("SIGTERM", async () => {
  await engine.stop();
  await deps.close();
  process.exit(0);
});
process.send?.("ready");
