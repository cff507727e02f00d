import { Writable } from "node:stream";
import { Command } from "commander";
import { createClientCommands } from "../../server/commands/client-commands.ts";
import type { CommandIo } from "../../server/commands/client-connection.ts";
import { addCompletion } from "../../server/commands/completion.ts";
import type { Deps } from "../../server/services/deps.ts";

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
