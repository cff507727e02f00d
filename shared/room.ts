import { z } from "zod";
import { keptJson, keptText } from "./text.ts";

export const roomStates = [
  "creating",
  "ready",
  "occupied",
  "terminating",
  "terminated",
  "unresponsive",
  "error",
] as const;

export type RoomState = (typeof roomStates)[number];

/** What a room may say of itself. */
export const roomStatuses = ["ready", "occupied", "terminating", "terminated"] as const;

export type RoomStatus = (typeof roomStatuses)[number];

const metadata = z
  .record(keptText(), z.json(), { error: "metadata is an object of JSON" })
  .refine((value) => keptJson(value) === JSON.stringify(value), {
    error: "metadata holds a NUL character or half of a surrogate pair: take it out",
  })
  .default({});
const timestamp = z.int({
  error: "timestamp is a whole number: the Unix time of the room's clock",
});

/** The body of a ping and of a status. */
export const roomReportSchema = z.object({
  timestamp,
  status: z.enum(roomStatuses, { error: `status is one of ${roomStatuses.join(", ")}` }),
  metadata,
});

export type RoomReport = z.infer<typeof roomReportSchema>;

/** The body of a room's event and of a player's. */
export const roomEventSchema = z.object({
  timestamp,
  event: keptText().trim().min(1, "event names what happened").max(200),
  metadata,
});

export type RoomEventInput = z.infer<typeof roomEventSchema>;

/** What the answer to a ping may ask of a room; who knows none ignores it. */
export type RoomCommand = "drain";

export interface RoomAddress {
  host: string;
  ports: { name: string; port: number }[];
}

export interface RoomView {
  id: string;
  state: RoomState;
  /** Of the specification that it was started with, such as `2.1`. */
  version: string;
  /** Why it is in this state, where that is not what it said itself; null otherwise. */
  reason: string | null;
  /** ISO instants. */
  createdAt: string;
  pingedAt: string | null;
  occupiedAt: string | null;
  endedAt: string | null;
  /** It is asked to take nothing more. */
  isDraining: boolean;
  address: RoomAddress | null;
  metadata: Record<string, unknown>;
  /** Of the last period; null before the first, and where it cannot be measured. */
  cpuMillis: number | null;
  memoryBytes: number | null;
}
