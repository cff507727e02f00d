import type { RoomRuntime } from "../../connectors/room-runtime.ts";
import { selectProcesses } from "../../db/watching.ts";
import { pause } from "../../support/abortable.ts";
import type { Deps } from "../deps.ts";

const pollMs = 50;
const idle = new AbortController().signal;

/**
 * Ends the rooms that these schedulers have on this machine: SIGTERM, and SIGKILL for what has not ended by
 * then.
 */
export async function endRooms(
  { db, processes }: Pick<Deps, "db"> & { processes: RoomRuntime },
  schedulerIds: number[],
  graceMs: number,
): Promise<void> {
  const running = (await selectProcesses(db, processes.machine, schedulerIds)).filter(
    (process) => processes.inspect(process).state === "running",
  );
  for (const process of running) processes.signal(process, "SIGTERM");
  const endMs = performance.now() + graceMs;
  const isLeft = () => running.some((process) => processes.inspect(process).state === "running");
  while (isLeft() && performance.now() < endMs) await pause(pollMs, idle);
  for (const process of running) processes.signal(process, "SIGKILL");
}
