import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const main = join(import.meta.dirname, "../../server/main.ts");

/** The real program, `maestro start`, on a data directory. */
export interface RunningMaestro {
  url: string;
  /** One-time. */
  signInUrl: string;
  dataDir: string;
  pid: number;
  /** What it printed. */
  output(): string;
  /** SIGKILL to the daemon alone: its PostgreSQL and local cloud stay, as after a crash. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

export interface StartOptions {
  dataDir: string;
  args?: string[];
  environment?: Record<string, string>;
  /** One that serves and signs in: `start`, where it is left out. */
  role?: "start" | "api";
  /** Runs the program; the sources where it is left out. */
  command?: string[];
}

/** A directory that the embedded PostgreSQL's account can reach, also where the tests run as root. */
export async function createDataDir(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "maestro-data-"));
  await chmod(directory, 0o755);
  return directory;
}

export async function startMaestro(options: StartOptions): Promise<RunningMaestro> {
  const words = [options.role ?? "start", "-listen", "127.0.0.1:0", ...(options.args ?? [])];
  const child = spawnMaestro(words, options);
  const output = collect(child);
  const signInUrl = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const match = /Sign in \(works once\): (\S+)/.exec(output());
      if (match?.[1]) resolve(match[1]);
    };
    child.stdout?.on("data", look);
    child.once("exit", (code) => reject(new Error(`maestro ended with ${code}: ${output()}`)));
  });
  const ended = once(child, "exit");
  return {
    url: new URL(signInUrl).origin,
    signInUrl,
    dataDir: options.dataDir,
    pid: child.pid ?? 0,
    output,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
      return child.exitCode;
    },
  };
}

/** A command of the program, to its end. */
export async function runMaestro(
  args: string[],
  options: StartOptions,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawnMaestro(args, options);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (text) => (stdout += text));
  child.stderr?.on("data", (text) => (stderr += text));
  await once(child, "close");
  return { code: child.exitCode, stdout, stderr };
}

/** Stops what a killed daemon left behind, and removes the directory. */
export async function removeDataDir(dataDir: string): Promise<void> {
  for (const path of [
    "cloud/local-cloud.json",
    "postgres/server/cluster/postmaster.pid",
    "postgres/cluster/postmaster.pid",
  ]) {
    const text = await readFile(join(dataDir, path), "utf8").catch(() => null);
    if (text === null) continue;
    const pid = path.endsWith(".json")
      ? (JSON.parse(text) as { pid: number }).pid
      : Number(text.split("\n")[0]);
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  }
  await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function spawnMaestro(args: string[], options: StartOptions): ChildProcess {
  const [program = "", ...words] = options.command ?? [process.execPath, main];
  return spawn(program, [...words, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, MAESTRO_DATA_DIR: options.dataDir, ...options.environment },
  });
}

function collect(child: ChildProcess): () => string {
  let output = "";
  child.stdout?.on("data", (text) => (output += text));
  child.stderr?.on("data", (text) => (output += text));
  return () => output;
}
