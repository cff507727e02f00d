import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { transferScheduler } from "../../shared/scheduler.ts";
import type { Config } from "../config.ts";
import { createRoomPods } from "../connectors/room-kubernetes.ts";
import { createRoomProcesses } from "../connectors/room-process.ts";
import { startWorker, type Worker } from "../daemon/worker.ts";
import type { Deps } from "../services/deps.ts";
import { endRooms } from "../services/schedulers/end-rooms.ts";
import { ensureTransferRooms } from "../services/schedulers/ensure-transfer-rooms.ts";
import type { Log } from "../support/log.ts";
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
    own: {
      scheduler: transferScheduler,
      command: [process.execPath, options.main, "room"],
      environment: ownEnvironment(config, options.environment),
    },
  });
  const { transferRooms: max, transferRoomsMin: min } = config;
  const transferRooms = max > 0 ? { min, max } : null;
  if (transferRooms) await ensureTransferRooms(deps, transferRooms);
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
      transferRooms,
    },
  });
  const stop = async () => {
    await stopWithin(worker, config.watcherShutdownSeconds, deps.log);
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

/** What they write after that is refused by the next watcher's fence, or done: nothing depends on it. */
async function stopWithin(worker: Worker, seconds: number, log: Log): Promise<void> {
  const ended = new AbortController();
  const limit = delay(seconds * 1_000, "late" as const, { signal: ended.signal, ref: false });
  const outcome = await Promise.race([worker.stop(), limit]).finally(() => ended.abort());
  if (outcome === "late") {
    log.warn(
      { left: worker.holding() },
      `watchers: not ended within ${seconds} s; left as they are`,
    );
  }
}

/**
 * What a room of Maestro's own is told, as this process was. Its output is kept by its runtime, and the
 * address at which this process answers probes is one that no other can have.
 */
export function ownEnvironment(
  config: Pick<Config, "given" | "dataDir">,
  environment: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const {
    MAESTRO_LOGPATH: _,
    MAESTRO_HEALTH_LISTEN: __,
    ...given
  } = {
    ...environment,
    ...config.given,
  };
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
