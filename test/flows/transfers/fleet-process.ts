import { startRunner } from "../../../server/daemon/engine.ts";
import { startRoom } from "../../../server/daemon/room.ts";
import { connectCloud, createEngineDeps } from "../../support/engine-deps.ts";

/*
 * A daemon or a room as a process, for tests that kill it. It says `idle` and waits to be told what to
 * be, says `ready`, stops on SIGTERM, and ends with the test that started it.
 */

export interface Part {
  role: "daemon" | "room";
  /** Under which it holds leases, and connects to PostgreSQL. */
  name: string;
  connectionString: string;
  cloudUrl: string;
  projectId: string;
  /** Where it stages files. */
  temporaryDirectory: string;
  /** Bytes of a table from which its import is divided; 0: none is. */
  importDividedFrom: number;
}

process.once("message", async (part: Part) => {
  const { role, name, connectionString, cloudUrl, projectId } = part;
  // Read by node:os at each use.
  Object.assign(process.env, { TMPDIR: part.temporaryDirectory });
  const deps = createEngineDeps({
    connectionString,
    ...(await connectCloud(cloudUrl, projectId)),
    instanceId: projectId,
    processId: name,
    applicationName: name,
    logLevel: "info",
    limits: { importDividedFrom: part.importDividedFrom },
  });
  const running =
    role === "daemon" ? startRunner(deps) : startRoom(deps, { concurrency: 2, drainSeconds: 0 });
  process.once("SIGTERM", async () => {
    await running.stop();
    await deps.close();
    process.exit(0);
  });
  process.send?.("ready");
});
process.once("disconnect", () => process.exit(1));
process.send?.("idle");
