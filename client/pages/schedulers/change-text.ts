import {
  compareSpecifications,
  type Specification,
  transferScheduler,
} from "../../../shared/scheduler.ts";
import type { SchedulerView } from "../../../shared/scheduler-view.ts";
import { formatPlural } from "../../format.ts";

/** What a new scheduler will do. */
export function tellNew({ name, runtime, autoscaling, cmd, image }: Specification): string {
  const { min, max } = autoscaling;
  const bounds = max === 0 ? `${min} rooms or more` : `${min} to ${formatPlural(max, "room")}`;
  const how =
    runtime === "process"
      ? `processes of the worker's machine that run ${cmd.join(" ")}`
      : `pods that run ${image}`;
  const now =
    min === 0
      ? "None starts before it is needed."
      : `${formatPlural(min, "room")} ${min === 1 ? "starts" : "start"} at once.`;
  return `Makes ${name}, of ${bounds}: ${how}. ${now}`;
}

/** What giving a scheduler another specification will do. */
export function tellUpdate(scheduler: SchedulerView, after: Specification): string {
  const { change, fields } = compareSpecifications(scheduler.specification, after);
  if (change === "none") return "Nothing is changed.";
  const named = fields.join(", ");
  if (change === "minor") return `A minor change, of ${named}: nothing restarts.`;
  const count = availableOf(scheduler);
  if (count === 0) return `A major change, of ${named}. There are no rooms to be replaced.`;
  const atOnce = Math.ceil((count * after.maxSurge) / 100);
  const rooms =
    count === 1 ? "the one room is replaced" : `${count} rooms are replaced, ${atOnce} at a time`;
  return [
    `A major change, of ${named}: ${rooms}, and a new one is ready before an old one goes.`,
    `${occupiedGo(after)} If the new ones do not come, it goes back to version ${scheduler.version} by itself.`,
  ].join(" ");
}

/** What is lost with a scheduler. */
export function tellDeletion(scheduler: SchedulerView): string {
  const count = availableOf(scheduler);
  const rooms =
    count === 0
      ? "It has no rooms."
      : `Its ${formatPlural(count, "room")} take no more work and end. ${occupiedGo(scheduler.specification)}`;
  const again =
    scheduler.name === transferScheduler
      ? " A worker whose TRANSFER_ROOMS is above 0 makes it again at once, as its settings say; transfers wait until then."
      : "";
  return `${rooms} Lost for good are its specification with all its versions, what was done with its rooms, their occupancy, and their events, those too that were not forwarded yet.${again}`;
}

function occupiedGo({ shutdownTimeout }: Specification): string {
  return `An occupied one goes when it is free, or after ${shutdownTimeout} s.`;
}

function availableOf({ rooms }: SchedulerView): number {
  return (rooms.creating ?? 0) + (rooms.ready ?? 0) + (rooms.occupied ?? 0);
}
