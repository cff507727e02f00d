import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { RoomCommand, RoomReport, RoomState } from "../../../shared/room.ts";
import type { RoomKey } from "../../connectors/room-store.ts";
import { lockRoom, type ReportedRoom, writeReport } from "../../db/rooms.ts";
import { selectScheduler } from "../../db/schedulers.ts";
import { receiveReport } from "../../domain/room-status.ts";
import type { Deps } from "../deps.ts";
import { markOf, watchedMark } from "./room-mark.ts";

type Pinged = Pick<Deps, "db" | "log" | "changes" | "roomStore" | "roomTimeouts">;

/**
 * A room says that it lives, and what it does. Nearly all pings say what the one before said, and end
 * in the store; where it is away, PostgreSQL takes them all. A room that is to end may go on saying
 * that it is occupied: it is told to take nothing more. Throws `notFound` for a scheduler or a room
 * that is not there or is no more, `conflict` for a state that does not follow from the room's.
 */
export async function ping(
  deps: Pinged,
  room: RoomKey,
  report: RoomReport,
): Promise<{ commands: RoomCommand[] }> {
  const mark = markOf(report.status, report.metadata);
  if (await touched(deps, room, mark)) return { commands: [] };
  const { state, isDraining } = await takeReport(deps, room, report, isLeaving);
  const isTold = isDraining || isLeaving(state);
  await inStore(deps, () => {
    if (state === "terminated") return deps.roomStore.remove(room);
    return deps.roomStore.put(room, isTold || state !== report.status ? watchedMark : mark);
  });
  return { commands: isTold && state !== "terminated" ? ["drain"] : [] };
}

/** The same by a room's own word on its state alone: what does not follow is refused. */
export async function setStatus(deps: Pinged, room: RoomKey, report: RoomReport): Promise<void> {
  const { state, isDraining } = await takeReport(deps, room, report, () => false);
  await inStore(deps, () => {
    if (state === "terminated") return deps.roomStore.remove(room);
    const isWatched = isDraining || state !== report.status;
    return deps.roomStore.put(
      room,
      isWatched ? watchedMark : markOf(report.status, report.metadata),
    );
  });
}

async function takeReport(
  deps: Pinged,
  room: RoomKey,
  report: RoomReport,
  /** Whether a room in this state may say something else of itself, which then changes nothing. */
  mayStay: (state: RoomState) => boolean,
): Promise<{ state: RoomState; isDraining: boolean }> {
  const taken = await deps.db.transaction(async (tx) => {
    const row = await lockRoom(tx, room.scheduler, room.room);
    if (!row) return null;
    const isHeld = isHeldByAllocation(deps, row);
    const to =
      receiveReport(row.state, report.status, isHeld) ?? (mayStay(row.state) ? row.state : null);
    if (to === null) throw refused(room, row.state, report.status);
    await writeReport(
      tx,
      { schedulerId: row.schedulerId, room: room.room },
      { from: row.state, to, metadata: report.metadata },
    );
    return { ...row, to };
  });
  if (!taken) throw await notThere(deps, room);
  if (taken.to !== taken.state) {
    deps.changes.publish({ noun: "room", id: null, schedulerId: taken.schedulerId });
  }
  return { state: taken.to, isDraining: taken.isDraining };
}

/** For a ping timeout after its allocation a room may not know of its occupant. */
function isHeldByAllocation(deps: Pinged, { allocatedMs }: ReportedRoom): boolean {
  return allocatedMs !== null && allocatedMs < deps.roomTimeouts.pingTimeoutSeconds * 1_000;
}

function isLeaving(state: RoomState): boolean {
  return state === "terminating" || state === "unresponsive" || state === "error";
}

async function touched(deps: Pinged, room: RoomKey, mark: string): Promise<boolean> {
  try {
    return await deps.roomStore.touch(room, mark);
  } catch (error) {
    deps.log.debug({ err: error }, `rooms: the store did not take a ping: ${messageOf(error)}`);
    return false;
  }
}

/** What the store does not take is looked at again at the next ping. */
async function inStore(deps: Pinged, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    deps.log.debug({ err: error }, `rooms: the store is away: ${messageOf(error)}`);
  });
}

function refused(room: RoomKey, from: RoomState, to: string): MaestroError {
  return new MaestroError(
    "conflict",
    `room ${room.room} of ${room.scheduler} is ${from} and cannot become ${to}`,
    { field: "status" },
  );
}

/** Which of the two names is wrong. */
async function notThere(deps: Pick<Deps, "db">, room: RoomKey): Promise<MaestroError> {
  const scheduler = await selectScheduler(deps.db, room.scheduler);
  return new MaestroError(
    "notFound",
    scheduler
      ? `the scheduler ${room.scheduler} has no room ${room.room}, or has it no more`
      : `there is no scheduler called ${room.scheduler}`,
  );
}
