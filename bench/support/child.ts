import { type ChildProcess, fork, spawn } from "node:child_process";
import { treeRssBytes } from "./process-tree.ts";
import type { Measurement } from "./rounds.ts";

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A bench that is stopped stops what it measures. */
function stopWithUs(child: ChildProcess): void {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

/** What a module that is measured in a child exports. */
export interface ChildTask<Input, Output> {
  /** Untimed: loads, warms up, reads its input. The returned function is what is timed. */
  prepare: (input: Input) => Promise<() => Promise<Output>>;
}

export interface ChildResult<Output> extends Measurement {
  cpuSeconds: number;
  peakRssBytes: number;
  output: Output;
}

/** Runs a task module in a fresh Node process; peak memory is that process's own. */
export function measureInChild<Output>(
  module: URL,
  input: unknown,
  options: { nodeArguments?: string[] } = {},
): Promise<ChildResult<Output>> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL("./child-main.ts", import.meta.url), [module.href], {
      execArgv: options.nodeArguments ?? [],
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    stopWithUs(child);
    let result: ChildResult<Output> | undefined;
    child.once("message", (message) => {
      result = message as ChildResult<Output>;
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0 && result) resolve(result);
      else reject(new Error(`${module.pathname} ended with ${signal ?? `code ${code}`}`));
    });
    child.send({ input });
  });
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
