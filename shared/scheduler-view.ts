import { z } from "zod";
import type { OperationView } from "./operation.ts";
import type { RoomState } from "./room.ts";
import type { Specification } from "./scheduler.ts";

/** A scheduler as shown. */
export interface SchedulerView {
  id: number;
  name: string;
  /** `creating` until its first rooms are ready, or did not become so in time. */
  state: "creating" | "active" | "terminating";
  /** Of the specification, such as `2.1`. */
  version: string;
  specification: Specification;
  /** How many rooms there are in each state, but for those that are no more. */
  rooms: Partial<Record<RoomState, number>>;
  /** Rooms that it shall have; null: min. */
  desired: number | null;
  /** What is done with it now. */
  operation: OperationView | null;
  /** ISO instant. */
  createdAt: string;
}

/** A specification that a scheduler has or had. */
export interface SchedulerVersionView {
  id: number;
  /** Such as `2.1`. */
  version: string;
  specification: Specification;
  /** Who made it: a person's e-mail address, or `maestro`. */
  savedBy: string | null;
  /** ISO instant. */
  savedAt: string;
  /** Why it was rolled back; null where it was not. */
  failure: string | null;
  isCurrent: boolean;
}

const count = (name: string) => z.int(`${name} is a whole number`);

/** One of the three: how many rooms there shall be, or how many more or fewer. */
export const scaleRequestSchema = z.union(
  [
    z.strictObject({ replicas: count("replicas") }),
    z.strictObject({ scaleup: count("scaleup") }),
    z.strictObject({ scaledown: count("scaledown") }),
  ],
  { error: "one of replicas, scaleup and scaledown, with a whole number" },
);

export type ScaleRequest = z.infer<typeof scaleRequestSchema>;

/** How many rooms were in each state. */
export interface OccupancyPoint {
  /** ISO instant. */
  at: string;
  counts: Partial<Record<RoomState, number>>;
}
