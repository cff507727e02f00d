import { startWorker } from "../../server/daemon/worker.ts";
import { createWatchDeps } from "./watch-deps.ts";

/** A worker of its own, to be killed and stopped: forked with the database and the directory of its rooms. */
const [connectionString = "", directory = "", ttl = ""] = process.argv.slice(2);
startWorker(
  createWatchDeps({ connectionString, directory, processId: "forked", lockTtlMs: Number(ttl) }),
);
