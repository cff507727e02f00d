import type { RoomState } from "../../shared/room.ts";
import { mostRoomsAtOnce } from "./autoscaling.ts";

export interface RolloutRoom {
  id: string;
  state: RoomState;
  /** Of another major version than the one that is wanted. */
  isOld: boolean;
  isDraining: boolean;
}

export interface RolloutStep {
  /** New rooms to start. */
  start: number;
  /** Old rooms that have no occupant: they end now. */
  end: string[];
  /** Old rooms that are occupied: they take nothing more, and end when they are free. */
  drain: string[];
}

/**
 * The next step from old rooms to new ones: chunks of ⌈desired · maxSurge / 100⌉, new ones ready before
 * old ones go, ready ones before occupied ones. Where the runtime has no place for one room more, a
 * chunk of ready rooms goes first: the new ones would never come otherwise. `rooms` in the order in
 * which they are to go. Null: nothing old is left.
 */
export function planRollout(input: {
  desired: number;
  maxSurge: number;
  /** Rooms that the runtime has place for. */
  capacity: number;
  rooms: RolloutRoom[];
}): RolloutStep | null {
  const { desired, capacity } = input;
  const old = input.rooms.filter(({ isOld, state }) => isOld && isAvailable(state));
  if (old.length === 0) return null;
  const fresh = input.rooms.filter(({ isOld, state }) => !isOld && isAvailable(state));
  const creating = fresh.filter(({ state }) => state === "creating").length;
  const chunk = Math.max(1, Math.ceil((desired * input.maxSurge) / 100));
  const wanted = Math.min(
    desired - fresh.length,
    desired + chunk - fresh.length - old.length,
    chunk - creating,
    mostRoomsAtOnce,
  );
  const start = Math.max(0, Math.min(wanted, capacity));
  const booting = old.filter(({ state }) => state === "creating");
  const ready = old.filter(({ state }) => state === "ready");
  const occupied = old.filter(({ state, isDraining }) => state === "occupied" && !isDraining);
  const isFull = desired > fresh.length && creating === 0 && capacity === 0;
  const spare = fresh.length - creating + ready.length + occupied.length - desired;
  const going = Math.max(0, spare, isFull ? Math.min(chunk, ready.length) : 0);
  return {
    start,
    end: [...booting, ...ready.slice(0, going)].map(({ id }) => id),
    drain: occupied.slice(0, Math.max(0, going - ready.length)).map(({ id }) => id),
  };
}

function isAvailable(state: RoomState): boolean {
  return state === "creating" || state === "ready" || state === "occupied";
}
