import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";
import type { Part } from "./fleet-process.ts";

export interface FleetProcess {
  name: string;
  child: ChildProcess;
  /** What it has logged. */
  output(): string;
  /** Resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export interface Fleet {
  start(part: Part): Promise<FleetProcess>;
  close(): Promise<void>;
}

/** Started before anybody needs them: reading the modules takes longer than most of what they do. */
const spares = 2;

/** Processes that become daemons and rooms. */
export async function openFleet(): Promise<Fleet> {
  const directory = mkdtempSync(join(tmpdir(), "maestro-fleet-"));
  const entry = await bundle(directory);
  const all = new Set<ChildProcess>();
  const idle: Promise<ChildProcess>[] = [];
  const forkOne = async () => {
    const child = fork(entry, [], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: [],
    });
    all.add(child);
    child.once("exit", () => all.delete(child));
    await nextMessage(child);
    return child;
  };
  const fill = () => {
    while (idle.length < spares) idle.push(forkOne());
  };
  fill();
  return {
    async start(part) {
      const child = await (idle.shift() ?? forkOne());
      fill();
      let output = "";
      child.stderr?.on("data", (text) => {
        output += `${part.name}: ${text}`;
      });
      child.send(part);
      await nextMessage(child);
      return {
        name: part.name,
        child,
        output: () => output,
        async end(signal) {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const ended = once(child, "exit");
          child.kill(signal);
          await ended;
        },
      };
    },
    async close() {
      await Promise.allSettled(idle);
      for (const child of all) child.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** In one file, which is read in a third of the time. */
async function bundle(directory: string): Promise<URL> {
  const native = "@duckdb/node-api";
  await build({
    configFile: false,
    logLevel: "warn",
    ssr: { noExternal: true },
    plugins: [
      {
        name: "native modules stay where they are",
        enforce: "pre",
        resolveId: (id) =>
          id === native ? { id: import.meta.resolve(native), external: true } : null,
      },
    ],
    build: {
      ssr: fileURLToPath(new URL("fleet-process.ts", import.meta.url)),
      outDir: directory,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: "fleet.mjs", codeSplitting: false } },
    },
  });
  return pathToFileURL(join(directory, "fleet.mjs"));
}

/** Rejects where it ends before that. */
function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the process ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message);
    });
  });
}
