import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { Log } from "../support/log.ts";
import { createCloudServer } from "./cloud-server.ts";
import { writeDurably } from "./object-store/durable-files.ts";
import { ObjectFiles } from "./object-store/object-files.ts";
import { ResumableUploads } from "./object-store/resumable-uploads.ts";
import { openSigningKey } from "./object-store/signing-key.ts";
import { SpreadsheetFiles } from "./sheets/spreadsheet-files.ts";
import type { WarehouseLimits } from "./warehouse/job-limits.ts";
import { openWarehouse } from "./warehouse/open-warehouse.ts";
import { createSqlFrontEnd } from "./warehouse/sql/front-end.ts";

export interface LocalCloud {
  url: string;
  /** Resolves when the local cloud has ended by itself: nobody needs it, or it cannot go on. */
  ended: Promise<"orphaned" | "failed">;
  close(): Promise<void>;
}

const defaultOrphanAfterMs = 60_000;
const defaultLimits: WarehouseLimits = { memoryMb: 0, spillMb: 0, jobSeconds: 3600 };
export const localCloudVersion = "1";

/**
 * BigQuery, Cloud Storage and Google Sheets for one machine, on one data directory.
 *
 * Who started it touches `POST /owner`. It outlives its owner's SIGKILL, as Google's cloud would,
 * so that running jobs go on and the next owner adopts it by `local-cloud.json`. When for a minute
 * nobody has asked for anything and no job runs, it ends; `standalone` leaves it running.
 */
export async function startLocalCloud(options: {
  dataDir: string;
  host: string;
  port: number;
  log: Log;
  location?: string;
  standalone?: boolean;
  limits?: WarehouseLimits;
  /** How long nobody may have asked for anything. */
  orphanAfterMs?: number;
}): Promise<LocalCloud> {
  const { dataDir, host, log, orphanAfterMs = defaultOrphanAfterMs } = options;
  await mkdir(dataDir, { recursive: true });
  const end = Promise.withResolvers<"orphaned" | "failed">();
  const objects = await ObjectFiles.open(join(dataDir, "objects"));
  const uploads = await ResumableUploads.open(join(dataDir, "objects", "uploads"));
  const spreadsheets = await SpreadsheetFiles.open(join(dataDir, "spreadsheets"));
  const signingKey = await openSigningKey(dataDir);
  const warehouse = await openOrExplain(dataDir, () =>
    openWarehouse({
      directory: join(dataDir, "warehouse"),
      objects,
      frontEnd: createSqlFrontEnd({ deadlineMs: 10_000 }),
      location: options.location ?? "US",
      limits: options.limits ?? defaultLimits,
      log,
      onFatal: (error) => {
        log.fatal({ err: error }, "the warehouse cannot go on");
        end.resolve("failed");
      },
    }),
  );
  const server = createCloudServer({
    warehouse,
    objects,
    uploads,
    spreadsheets,
    signingKey,
    host,
    log,
  });
  const url = await listen(server.app, host, options.port);
  server.setUrl(url);
  const statePath = join(dataDir, "local-cloud.json");
  const state = { pid: process.pid, startedAt: new Date().toISOString(), url };
  await writeDurably(statePath, JSON.stringify({ ...state, version: localCloudVersion }));
  const timer = options.standalone
    ? undefined
    : setInterval(() => {
        const idleMs = Date.now() - server.lastRequestAt();
        if (idleMs > orphanAfterMs && !warehouse.runner.busy) end.resolve("orphaned");
      }, orphanAfterMs / 20);
  return {
    url,
    ended: end.promise,
    async close() {
      clearInterval(timer);
      await rm(statePath, { force: true });
      await server.app.close();
      await warehouse.close();
    },
  };
}

async function openOrExplain<T>(dataDir: string, open: () => Promise<T>): Promise<T> {
  return open().catch((cause: unknown) => {
    if (!/Could not set lock/.test(messageOf(cause))) throw cause;
    throw new MaestroError(
      "configuration",
      `another local cloud works on ${dataDir}: stop it, or name another data directory`,
      { cause },
    );
  });
}

async function listen(
  app: { listen(options: { host: string; port: number }): Promise<string> },
  host: string,
  port: number,
): Promise<string> {
  return app.listen({ host, port }).catch((cause: unknown) => {
    throw new MaestroError(
      "configuration",
      `the local cloud cannot listen on ${host}:${port} (${messageOf(cause)}): name another port`,
      { cause },
    );
  });
}
