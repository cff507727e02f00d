import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Command } from "commander";
import { createClientCommands } from "../../server/commands/client-commands.ts";
import type { CommandIo } from "../../server/commands/client-connection.ts";
import { addCompletion } from "../../server/commands/completion.ts";
import type { Deps } from "../../server/services/deps.ts";
import { adminToken, createTestDeps, startTestServer } from "../api/support.ts";

/** Runs a command line and answers its standard output; rejects where the exit code would be 1. */
export type RunCommandLine = (args: string[], env?: Record<string, string>) => Promise<string>;

/**
 * The commands against a server; `maestro token` goes to the database of `deps`. `more` is what a
 * terminal has: somebody who types, or presses Ctrl-C.
 */
export function createCommandLine(deps: Deps, more: Partial<CommandIo> = {}): RunCommandLine {
  return async (args, env = {}) => {
    let output = "";
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        output += chunk;
        done();
      },
    });
    const findLocalServer = async () => null;
    const home = { HOME: "/nowhere" };
    const io: CommandIo = {
      stdout,
      stderr: stdout,
      env: { ...home, ...env },
      findLocalServer,
      ...more,
    };
    const program = new Command("maestro");
    for (const command of createClientCommands(io, (_directory, use) => use(deps))) {
      program.addCommand(command);
    }
    addCompletion(io, program);
    await program.parseAsync(args, { from: "user" });
    return output;
  };
}

/** A server with an empty catalog, and what a command line needs to work against it. */
export interface CommandServer {
  deps: Deps;
  url: string;
  /** The server's address and an admin's token, as a command line reads them. */
  env: { MAESTRO_URL: string; MAESTRO_TOKEN: string };
  /** An empty folder that goes with the server. */
  folder: string;
  close(): Promise<void>;
}

export async function startCommandServer(): Promise<CommandServer> {
  const { deps, close } = await createTestDeps();
  const server = await startTestServer(deps);
  const folder = await mkdtemp(join(tmpdir(), "maestro-commands-"));
  return {
    deps,
    url: server.url,
    env: { MAESTRO_URL: server.url, MAESTRO_TOKEN: await adminToken(deps) },
    folder,
    async close() {
      await server.close();
      await close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Writes files below `root` by their paths, with the folders that these name; answers `root`. */
export async function writeFiles(root: string, files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}
