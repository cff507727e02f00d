import { createRoomProcesses } from "../../server/connectors/room-process.ts";
import type { Warehouse } from "../../server/connectors/warehouse.ts";
import type { WatchDeps } from "../../server/services/schedulers/watch-deps.ts";
import { createEngineDeps, type EngineDeps } from "./engine-deps.ts";

/** What a worker needs on a test's database, with periods and locks of the tests. */
export function createWatchDeps(options: {
  connectionString: string;
  directory: string;
  processId: string;
  lockTtlMs?: number;
}): WatchDeps & Pick<EngineDeps, "close"> {
  const { connectionString, processId, directory } = options;
  // No watcher asks the warehouse anything.
  const deps = createEngineDeps({ connectionString, processId, warehouse: {} as Warehouse });
  return {
    ...deps,
    roomTimeouts: { pingTimeoutSeconds: 10 },
    processes: {
      ...createRoomProcesses({ directory, environment: process.env }),
      // However small the machine is that the tests run on.
      size: { cpuMillis: 8_000, memoryBytes: 8 * 2 ** 30 },
    },
    pods: null,
    watching: {
      roomUrl: "http://localhost",
      autoscalingPeriodSeconds: 0.2,
      syncPeriodSeconds: 0.2,
      scaleUpTimeoutSeconds: 60,
      deleteTimeoutSeconds: 60,
      lockKey: "lock",
      lockTtlMs: options.lockTtlMs ?? 60_000,
      lockWaitMs: 60_000,
      slotsPerRoom: 2,
      transferRooms: null,
    },
  };
}
