import type { RoomRuntime } from "../../connectors/room-runtime.ts";
import type { Watch } from "../../db/watching.ts";
import type { Deps } from "../deps.ts";
import type { TransferRooms } from "./ensure-transfer-rooms.ts";

export interface WatchSettings {
  /** Where rooms reach the API. */
  roomUrl: string;
  autoscalingPeriodSeconds: number;
  syncPeriodSeconds: number;
  scaleUpTimeoutSeconds: number;
  deleteTimeoutSeconds: number;
  lockKey: string;
  lockTtlMs: number;
  lockWaitMs: number;
  slotsPerRoom: number;
  /** Null: this worker keeps none. */
  transferRooms: TransferRooms | null;
}

export interface WatchDeps extends Deps {
  /** Of this machine. */
  processes: RoomRuntime;
  /** Of Kubernetes; null where this worker is told of no cluster. */
  pods: RoomRuntime | null;
  watching: WatchSettings;
}

/** One watcher's, from its taking up to its end. */
export interface Watching {
  watch: Watch;
  /**
   * When it began, a look failed or came too late, the store could not be read or was emptied, or there
   * was an API again after there was none: silence before that proves nothing.
   */
  excusedMs: number;
  /** When the look before began, by the wall clock, which goes on while a machine is suspended. */
  lookedAtMs: number;
  /** Rooms that were so at the look before. */
  creating: Set<string>;
  /** Rooms that have had their SIGTERM from this watcher. */
  signalled: Set<string>;
  /** Of the scheduler, at the look before: what follows is of its rooms. */
  version: number | null;
  /** Rooms in a row that never became ready, and when the next may be started. */
  failures: number;
  startAtMs: number;
  /** What the last of them said. */
  lastFailure: string;
}
