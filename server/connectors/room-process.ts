import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { open, readdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { availableParallelism, hostname, totalmem } from "node:os";
import { join } from "node:path";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import { openProcessTable, type ProcessTable } from "../support/process-table.ts";
import {
  type ProcessState,
  portVariables,
  type RoomProcess,
  type RoomRuntime,
  type StartedRoom,
} from "./room-runtime.ts";

/*
 * Rooms as processes of this machine. Each is the leader of a process group of its own, so that signals
 * meet it and its children and nobody else, and writes to a file, so that it outlives the worker that
 * started it. What is kept of it is its pid and when that began: with both, a worker that comes later
 * knows its rooms, and does not take for one a process that was given the number since.
 */

/** What a room inherits of the worker's environment: no secret of Maestro's is among it. */
const inherited = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "SHELL"];
const lastBytes = 600;

export function createRoomProcesses(options: {
  directory: string;
  environment: NodeJS.ProcessEnv;
  /** A scheduler whose rooms are Maestro's own: what they run on this machine, and what they are to know. */
  own?: { scheduler: string; command: string[]; environment: NodeJS.ProcessEnv };
  processes?: ProcessTable | null;
}): RoomRuntime {
  const { directory, own, processes = openProcessTable() } = options;
  const children = new Map<string, ChildProcess>();
  const listeners = new Set<() => void>();
  const allowed = Object.fromEntries(
    inherited.flatMap((name) => {
      const value = options.environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const keyOf = ({ pid, start }: RoomProcess) => `${pid} ${start}`;

  const inspect = (process: RoomProcess): ProcessState => {
    const child = children.get(keyOf(process));
    if (child && (child.exitCode !== null || child.signalCode !== null)) {
      return { state: "exited", code: child.exitCode, signal: child.signalCode };
    }
    if (child) return { state: "running" };
    return { state: processes?.isSame(process.pid, process.start) ? "running" : "missing" };
  };

  return {
    machine: hostname(),
    size: { cpuMillis: availableParallelism() * 1_000, memoryBytes: totalmem() },
    async start({ id, scheduler, specification, environment }) {
      if (!processes) throw needsProcessTable();
      const ports: StartedRoom["ports"] = [];
      for (const { name } of specification.ports) ports.push({ name, port: await freePort() });
      mkdirSync(directory, { recursive: true });
      const logPath = join(directory, `${id}.log`);
      const output = openSync(logPath, "a", 0o600);
      try {
        const isOwn = scheduler === own?.scheduler;
        const known = isOwn ? own.environment : allowed;
        const given = { ...known, ...environment, ...portVariables(ports) };
        const command = isOwn ? own.command : specification.cmd;
        const child = await launch(command, given, output, directory);
        const pid = child.pid ?? 0;
        const started = { pid, start: processes.startOf(pid) ?? "ended" };
        children.set(keyOf(started), child);
        const tell = () => {
          // What it has started and left ends with it.
          signalGroup(started.pid, "SIGKILL");
          for (const listener of listeners) listener();
        };
        if (child.exitCode !== null || child.signalCode !== null) tell();
        else child.once("exit", tell);
        return { ...started, logPath, host: hostname(), ports };
      } finally {
        closeSync(output);
      }
    },
    inspect,
    signal(process, signal) {
      if (inspect(process).state === "running") signalGroup(process.pid, signal);
    },
    hostOf: () => hostname(),
    forget: ({ pid, start }) => void children.delete(keyOf({ pid, start })),
    // One that is not noted is refused its pings, and ends by that.
    strays: () => [],
    schedulers: () => [],
    removeLogs: (ids, olderThanMs) => removeLogs(directory, ids, olderThanMs),
    lastWords,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Without it each room would be taken for gone at once, and another one started beside it. */
function needsProcessTable(): MaestroError {
  const message =
    "rooms of runtime process need /proc or /bin/ps, and this machine has neither: run the worker on Linux or macOS, or choose runtime: kubernetes";
  return new MaestroError("configuration", message);
}

async function launch(
  command: string[],
  env: NodeJS.ProcessEnv,
  output: number,
  cwd: string,
): Promise<ChildProcess> {
  const [program = "", ...words] = command;
  const child = spawn(program, words, {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", output, output],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) =>
      reject(new Error(`${program} cannot be started: ${messageOf(error)}`, { cause: error })),
    );
  });
  child.unref();
  return child;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 1) process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}

async function removeLogs(
  directory: string,
  ids: ReadonlySet<string>,
  olderThanMs: number,
): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const path = join(directory, name);
    if (!name.endsWith(".log") || ids.has(name.slice(0, -".log".length))) continue;
    const facts = await stat(path).catch(() => null);
    if (facts && Date.now() - facts.mtimeMs > olderThanMs) await rm(path, { force: true });
  }
}

async function lastWords(logPath: string): Promise<string> {
  const file = await open(logPath, "r").catch(() => null);
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - lastBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(lastBytes), 0, lastBytes, from);
    return buffer.subarray(0, bytesRead).toString("utf8").replaceAll("\0", "").trim();
  } finally {
    await file.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
