import type { Specification } from "../../shared/scheduler.ts";

/*
 * What brings rooms up and ends them. There are two of them, room-process.ts and room-kubernetes.ts, and
 * watchers know this alone.
 */

/** Of a process its pid and when that began; of a pod its uid is the beginning. */
export interface RoomProcess {
  pid: number;
  start: string;
}

export type ProcessState =
  /** It is not up yet; with what keeps it from that, where something does. */
  | { state: "pending"; reason: string | null }
  | { state: "running" }
  | { state: "missing" }
  /** Nothing was heard of the place where it is. */
  | { state: "unknown" }
  | { state: "exited"; code: number | null; signal: string | null };

export interface RoomStart {
  id: string;
  scheduler: string;
  version: number;
  specification: Pick<
    Specification,
    | "cmd"
    | "image"
    | "ports"
    | "requests"
    | "limits"
    | "shutdownTimeout"
    | "affinity"
    | "toleration"
  >;
  environment: Record<string, string>;
}

export interface StartedRoom extends RoomProcess {
  /** For `lastWords`. */
  logPath: string;
  /** Where it is reached; null while that is not known. */
  host: string | null;
  ports: { name: string; port: number }[];
}

export interface RoomRuntime {
  /** Names the place: a machine, or a namespace of a cluster. */
  machine: string;
  /** Thousandths of cores, and bytes, that it has; null: that is not ours to say. */
  size: { cpuMillis: number; memoryBytes: number } | null;
  /** Throws where it cannot be started; the message says why. */
  start(room: RoomStart): Promise<StartedRoom>;
  inspect(process: RoomProcess): ProcessState;
  /** Where it is reached, once that is known. */
  hostOf(process: RoomProcess): string | null;
  /** Nothing where it is gone. */
  signal(process: RoomProcess, signal: "SIGTERM" | "SIGKILL"): void;
  /** Gives back what is kept of one that has ended. */
  forget(process: RoomProcess): void;
  /** What has run as a room of this scheduler for longer than that, a minute at first, and is none of these. */
  strays(scheduler: string, ids: ReadonlySet<string>, olderThanMs?: number): RoomProcess[];
  /** Of which schedulers there may be strays. */
  schedulers(): string[];
  /** Deletes the output of rooms that are none of these and have written nothing for so long. */
  removeLogs(ids: ReadonlySet<string>, olderThanMs: number): Promise<void>;
  /** The end of its output; empty where there is none. */
  lastWords(logPath: string): Promise<string>;
  /** Called when something became of a room here. */
  onChange(listener: () => void): () => void;
}

/** What a room finds its ports by. */
export function portVariables(ports: StartedRoom["ports"]): Record<string, string> {
  const named = ports.map(({ name, port }) => [
    `MAESTRO_PORT_${name.toUpperCase().replaceAll("-", "_")}`,
    String(port),
  ]);
  return Object.fromEntries(named) as Record<string, string>;
}
