import { spawn } from "node:child_process";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MaestroError } from "../../shared/errors.ts";
import type { Log } from "../support/log.ts";
import { type Loop, startLoop } from "../support/loop.ts";
import { chooseStablePort } from "./stable-port.ts";

/**
 * The local cloud as a process of its own, owned from here.
 *
 * Like Google's it does not end with its client: after a SIGKILL of the owner its jobs run on, and
 * the next owner adopts it by the state file that it writes. While it is owned it is told so every
 * few seconds; when it dies it is started again at the same address, with its jobs from disk.
 */
export interface LocalCloudProcess {
  url: string;
  adopted: boolean;
  stop(): Promise<void>;
}

interface StateFile {
  pid: number;
  url: string;
}

const ownerPeriodMs = 5_000;
const startTimeoutMs = 60_000;

export async function startLocalCloudProcess(options: {
  /** The program and arguments that run the role, without directory and address. */
  command: string[];
  directory: string;
  log: Log;
}): Promise<LocalCloudProcess> {
  await mkdir(options.directory, { recursive: true });
  const previous = await readState(options.directory);
  const adopted = previous !== null && (await tellOwned(previous.url));
  const url =
    adopted && previous
      ? previous.url
      : await launch(options, await chooseStablePort(join(options.directory, "port")));
  options.log.info({ url }, adopted ? "local cloud: adopted" : "local cloud: started");

  const loop: Loop = startLoop({
    name: "local cloud owner",
    log: options.log,
    periodMs: ownerPeriodMs,
    body: async () => {
      if ((await tellOwned(url)) || (await isAlive(options.directory))) return;
      options.log.warn("local cloud: died; starting it again");
      await launch(options, Number(new URL(url).port));
    },
  });
  return {
    url,
    adopted,
    async stop() {
      await loop.stop();
      const state = await readState(options.directory);
      if (!state) return;
      process.kill(state.pid, "SIGTERM");
      while (await isAlive(options.directory)) await delay(20);
    },
  };
}

async function launch(
  options: { command: string[]; directory: string },
  port: number,
): Promise<string> {
  const [program, ...args] = options.command;
  if (!program) throw new MaestroError("internal", "no command for the local cloud");
  const output = await open(join(options.directory, "local-cloud.log"), "a", 0o600);
  const child = spawn(
    program,
    [...args, "--data-dir", options.directory, "--listen", `127.0.0.1:${port}`],
    { detached: true, stdio: ["ignore", output.fd, output.fd] },
  );
  await output.close();
  child.unref();
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    const state = await readState(options.directory);
    if (state?.pid === child.pid && state && (await tellOwned(state.url))) return state.url;
    if (child.exitCode !== null || child.signalCode !== null) break;
    await delay(25);
  }
  throw new MaestroError(
    "configuration",
    `the local cloud did not start: read ${join(options.directory, "local-cloud.log")}`,
  );
}

async function tellOwned(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(5_000);
  return fetch(`${url}/owner`, { method: "POST", signal }).then(
    (answer) => answer.ok,
    () => false,
  );
}

async function isAlive(directory: string): Promise<boolean> {
  return (await readState(directory)) !== null;
}

/** Null where no process of that pid is left. */
async function readState(directory: string): Promise<StateFile | null> {
  const text = await readFile(join(directory, "local-cloud.json"), "utf8").catch(() => null);
  if (text === null) return null;
  const state = JSON.parse(text) as StateFile;
  try {
    process.kill(state.pid, 0);
    return state;
  } catch {
    return null;
  }
}
