import { resolve } from "node:path";
import type { Config } from "../config.ts";
import { createRoomProcesses } from "../connectors/room-process.ts";
import { startWorker, type Worker } from "../daemon/worker.ts";
import type { Deps } from "../services/deps.ts";
import { endRooms } from "../services/schedulers/end-rooms.ts";
import { readPublished } from "./surroundings.ts";

export interface Watchers extends Worker {
  /** Ends the rooms of what it watched too, as nobody is left whom they could ping. */
  stopWithRooms(): Promise<void>;
}

/** The watchers of all schedulers, with processes of this machine for their rooms. */
export async function startWatchers(
  deps: Deps,
  config: Config,
  options: { environment: NodeJS.ProcessEnv; url?: string },
): Promise<Watchers> {
  const { host, port } = config.listen;
  const directory = resolve(config.dataDir);
  const published = options.url ?? (await readPublished(directory))?.url;
  const processes = createRoomProcesses({
    directory: resolve(directory, "rooms"),
    environment: options.environment,
  });
  const worker = startWorker({
    ...deps,
    processes,
    watching: {
      roomUrl:
        config.roomsUrl ?? published ?? `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
      autoscalingPeriodSeconds: config.autoscalingPeriodSeconds,
      syncPeriodSeconds: config.workerSyncPeriodSeconds,
      scaleUpTimeoutSeconds: config.scaleUpTimeoutSeconds,
      deleteTimeoutSeconds: config.deleteTimeoutSeconds,
      lockKey: config.watcherLockKey,
      lockTtlMs: config.watcherLockTtlMs,
      lockWaitMs: config.watcherLockWaitMs,
      slotsPerRoom: config.transfersPerRoom,
    },
  });
  return {
    ...worker,
    async stopWithRooms() {
      const schedulerIds = worker.watched();
      await worker.stop();
      await endRooms({ db: deps.db, processes }, schedulerIds);
    },
  };
}
