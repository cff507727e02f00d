import { type ChildProcess, fork, spawn } from "node:child_process";
import { processTree, treeRssBytes } from "./process-tree.ts";
import type { Measurement } from "./rounds.ts";

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  // Servers that we started are of our tree too, and would outlive us.
  for (const { pid } of processTree(process.pid)) if (pid !== process.pid) end(pid);
});
process.once("SIGINT", () => process.exit(130));

function end(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}

/** A bench that is stopped stops what it measures. */
function stopWithUs(child: ChildProcess): void {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

/** What a module that is measured in a child exports. */
export interface ChildTask<Setup, Input, Output> {
  /** Untimed, once: loads, connects, warms up. The returned function is what is timed. */
  prepare: (setup: Setup) => Promise<(input: Input) => Promise<Output>>;
}

export interface ChildResult<Output> extends Measurement {
  cpuSeconds: number;
  peakRssBytes: number;
  output: Output;
}

/** What parent and child say to each other: each request is answered before the next one. */
export type ChildRequest = { prepare: unknown } | { measure: unknown };
export type ChildAnswer = "prepared" | ChildResult<unknown>;

export interface OpenChild<Input, Output> {
  /** One at a time; peak memory is that of this call. */
  measure(input: Input): Promise<ChildResult<Output>>;
  close(): Promise<void>;
}

/** Prepares a task module in a Node process of its own, which is kept for many measurements. */
export async function openChild<Input, Output>(
  module: URL,
  setup: unknown,
  options: { nodeArguments?: string[] } = {},
): Promise<OpenChild<Input, Output>> {
  const child = fork(new URL("./child-main.ts", import.meta.url), [module.href], {
    execArgv: options.nodeArguments ?? [],
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  stopWithUs(child);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ask = (request: ChildRequest) =>
    new Promise<ChildAnswer>((resolve, reject) => {
      const fail = (code: number | null, signal: NodeJS.Signals | null) =>
        reject(new Error(`${module.pathname} ended with ${signal ?? `code ${code}`}`));
      child.once("exit", fail);
      child.once("message", (answer) => {
        child.off("exit", fail);
        resolve(answer as ChildAnswer);
      });
      child.send(request);
    });
  await ask({ prepare: setup });
  return {
    measure: async (input) => (await ask({ measure: input })) as ChildResult<Output>,
    async close() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** Runs a task module once in a fresh Node process; peak memory is that of the timed work. */
export async function measureInChild<Output>(
  module: URL,
  setup: unknown,
  options: { nodeArguments?: string[] } = {},
): Promise<ChildResult<Output>> {
  const child = await openChild<undefined, Output>(module, setup, options);
  try {
    return await child.measure(undefined);
  } finally {
    await child.close();
  }
}

/** Runs a foreign program; peak memory is that of its process tree, sampled every 50 ms. */
export function measureCommand(
  command: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string | undefined> } = {},
): Promise<Measurement & { stdout: string; exitCode: number }> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "inherit"] });
    stopWithUs(child);
    const chunks: Buffer[] = [];
    let peakRssBytes = 0;
    const sampling = setInterval(() => {
      peakRssBytes = Math.max(peakRssBytes, treeRssBytes(child.pid ?? -1));
    }, 50);
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.once("error", (error) => {
      clearInterval(sampling);
      reject(error);
    });
    child.once("close", (code) => {
      clearInterval(sampling);
      resolve({
        seconds: (performance.now() - startedAt) / 1000,
        cpuSeconds: null,
        peakRssBytes: peakRssBytes || null,
        stdout: Buffer.concat(chunks).toString("utf8"),
        exitCode: code ?? 1,
      });
    });
  });
}
