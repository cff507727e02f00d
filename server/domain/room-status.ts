import type { RoomState, RoomStatus } from "../../shared/room.ts";

/**
 * Who moves a room where:
 *   creating → ready, occupied     its first ping
 *   ready ⇄ occupied               its pings; an allocation makes it occupied
 *   … → terminating                its own word; a watcher that scales down, rolls out or deletes
 *   … → unresponsive               a watcher: no ping for the ping timeout
 *   … → error                      a watcher: its process ended with a fault, or never began
 *   … → terminated                 its own last word; a watcher, once the process is gone
 *
 * What is terminating, unresponsive or in error never works again; what is terminated is no more.
 */
const moves: Record<RoomState, readonly RoomState[]> = {
  creating: ["ready", "occupied", "terminating", "terminated", "unresponsive", "error"],
  ready: ["occupied", "terminating", "terminated", "unresponsive", "error"],
  occupied: ["ready", "terminating", "terminated", "unresponsive", "error"],
  terminating: ["terminated"],
  unresponsive: ["terminating", "terminated"],
  error: ["terminating", "terminated"],
  terminated: [],
};

export function mayRoomMove(from: RoomState, to: RoomState): boolean {
  return moves[from].includes(to);
}

/** What a room's word about itself makes of its state; null: that move is refused. */
export function receiveReport(
  state: RoomState,
  status: RoomStatus,
  /** An allocation made it occupied a moment ago, and it may not have met its occupant yet. */
  isHeld: boolean,
): RoomState | null {
  if (state === status) return state;
  if (state === "occupied" && status === "ready" && isHeld) return state;
  return mayRoomMove(state, status) ? status : null;
}

/** Those that count as available. */
export const availableStates = ["creating", "ready", "occupied"] as const satisfies RoomState[];

/** What the runtime knows of a room's process; `unknown`: it is another machine's. */
export type RuntimeView =
  | { state: "pending"; reason: string | null }
  | { state: "running" }
  | { state: "missing" }
  | { state: "unknown" }
  | { state: "exited"; code: number | null; signal: string | null };

export interface ObservedRoom {
  state: RoomState;
  runtime: RuntimeView;
  /** Since its last ping, or since its creation before the first. */
  silentMs: number;
  /** Since it became occupied; null where it is not. */
  occupiedMs: number | null;
}

export interface RoomTimeouts {
  pingTimeoutMs: number;
  /** 0: none. */
  occupiedTimeoutMs: number;
  /**
   * Pings may have been lost that nobody is to blame for (the store was emptied, a watcher has just
   * begun): silence proves nothing.
   */
  isSilenceExcused: boolean;
}

export interface RoomVerdict {
  state: RoomState;
  reason: string;
}

/** What becomes of a room by what its runtime and its pings say together; null: it stays as it is. */
export function judgeRoom(room: ObservedRoom, timeouts: RoomTimeouts): RoomVerdict | null {
  if (room.state === "terminated") return null;
  return judgeProcess(room) ?? judgePings(room, timeouts);
}

function judgeProcess({ state, runtime }: ObservedRoom): RoomVerdict | null {
  if (runtime.state !== "exited" && runtime.state !== "missing") return null;
  if (!isWorking(state)) return { state: "terminated", reason: "its process has ended" };
  if (runtime.state === "missing") return { state: "error", reason: "its process is gone" };
  const { code, signal } = runtime;
  if (signal !== null) return { state: "error", reason: `its process was ended by ${signal}` };
  if (code === 0 && state !== "creating") {
    return { state: "terminated", reason: "its process has ended" };
  }
  const reason = code === null ? "its process is gone" : `its process ended with exit code ${code}`;
  return { state: "error", reason };
}

function judgePings(room: ObservedRoom, timeouts: RoomTimeouts): RoomVerdict | null {
  if (!isWorking(room.state)) return null;
  if (!timeouts.isSilenceExcused && room.silentMs > timeouts.pingTimeoutMs) {
    const seconds = Math.round(room.silentMs / 1_000);
    const why = room.runtime.state === "pending" ? room.runtime.reason : null;
    const reason =
      room.state === "creating"
        ? `it has not pinged within ${seconds} s of its start${why === null ? "" : `: ${why}`}`
        : `its last ping was ${seconds} s ago`;
    return { state: "unresponsive", reason };
  }
  const { occupiedTimeoutMs } = timeouts;
  if (occupiedTimeoutMs > 0 && (room.occupiedMs ?? 0) > occupiedTimeoutMs) {
    const reason = `it was occupied for more than ${occupiedTimeoutMs / 1_000} s`;
    return { state: "terminating", reason };
  }
  return null;
}

function isWorking(state: RoomState): boolean {
  return (availableStates as readonly RoomState[]).includes(state);
}
