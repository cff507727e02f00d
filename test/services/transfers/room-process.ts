import { pino } from "pino";
import { startRoom } from "../../../server/daemon/room.ts";
import { createChanges } from "../../../server/db/changes.ts";
import { createDbClient } from "../../../server/db/client.ts";
import type { Deps } from "../../../server/services/deps.ts";
import { createSecretBox } from "../../../server/support/crypto.ts";
import { createFolderStore } from "./folder-store.ts";

/** A room as a process of its own, for tests that kill it. Arguments: database, folder, stall (bytes or -). */
const [connectionString = "", folder = "", stall = "-"] = process.argv.slice(2);
const log = pino({ level: "warn" }, pino.destination(2));
const client = createDbClient({ connectionString, poolSize: 4, applicationName: "test room" });
const changes = createChanges(connectionString, log);
const deps = {
  db: client.db,
  pool: client.pool,
  log,
  changes,
  random: Math.random,
  secretBox: createSecretBox("a secret of the tests"),
  processId: `room ${process.pid}`,
  limits: { importDividedFrom: 0 },
  objectStore: createFolderStore(folder, stall === "-" ? {} : { stallAfter: Number(stall) }),
};
const room = startRoom(deps as typeof deps & Deps, { concurrency: 2, drainSeconds: 0 });
process.on("SIGTERM", () => {
  void room.stop().then(async () => {
    await changes.close();
    await client.close();
  });
});
process.send?.("ready");
