import { resolve } from "node:path";
import type { Config } from "../config.ts";
import { createRoomPods } from "../connectors/room-kubernetes.ts";
import { createRoomProcesses } from "../connectors/room-process.ts";
import { startWorker, type Worker } from "../daemon/worker.ts";
import type { Deps } from "../services/deps.ts";
import { endRooms } from "../services/schedulers/end-rooms.ts";
import {
  ensureTransferRooms,
  transferScheduler,
} from "../services/schedulers/ensure-transfer-rooms.ts";
import { readPublished } from "./surroundings.ts";

const roomGraceMs = 5_000;
/** A room gives its transfers 20 s to end before it hands them back. */
const transferGraceMs = 25_000;

export interface Watchers extends Worker {
  /** Ends the rooms of what it watched too, as nobody is left whom they could ping. */
  stopWithRooms(): Promise<void>;
}

/** The watchers of all schedulers, with processes of this machine for their rooms. */
export async function startWatchers(
  deps: Deps,
  config: Config,
  options: { environment: NodeJS.ProcessEnv; main: string; url?: string },
): Promise<Watchers> {
  const { host, port } = config.listen;
  const directory = resolve(config.dataDir);
  const published = options.url ?? (await readPublished(directory))?.url;
  const processes = createRoomProcesses({
    directory: resolve(directory, "rooms"),
    environment: options.environment,
    own: { scheduler: transferScheduler, environment: ownEnvironment(config, options.environment) },
  });
  if (config.transferRooms > 0) {
    const command = [process.execPath, options.main, "room"];
    const bounds = { min: config.transferRoomsMin, max: config.transferRooms };
    await ensureTransferRooms(deps, { command, ...bounds });
  }
  const pods = await openPods(deps, config, options.environment);
  const worker = startWorker({
    ...deps,
    processes,
    pods,
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
  const stop = async () => {
    await worker.stop();
    await pods?.close();
  };
  return {
    ...worker,
    stop,
    async stopWithRooms() {
      const schedulerIds = worker.watched();
      await stop();
      const graceMs = config.transferRooms > 0 ? transferGraceMs : roomGraceMs;
      await endRooms({ db: deps.db, processes }, schedulerIds, graceMs);
    },
  };
}

/** What a room of Maestro's own is told, as this process was; its output is kept by its runtime. */
function ownEnvironment(config: Config, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { MAESTRO_LOGPATH: _, ...given } = { ...environment, ...config.given };
  return { ...given, MAESTRO_DATA_DIR: resolve(config.dataDir) };
}

/** Null where there is no cluster: neither named, nor around this process. */
async function openPods(
  deps: Deps,
  config: Config,
  environment: NodeJS.ProcessEnv,
): Promise<Awaited<ReturnType<typeof createRoomPods>> | null> {
  const isWithin = environment["KUBERNETES_SERVICE_HOST"] !== undefined;
  if (config.kubernetesConfig === null && !isWithin) return null;
  const { kubernetesConfig, kubernetesNamespace, kubernetesOwner } = config;
  const place = {
    config: kubernetesConfig,
    namespace: kubernetesNamespace,
    owner: kubernetesOwner ?? deps.instanceId,
  };
  return createRoomPods(place, deps.log);
}
