import { Writable } from "node:stream";
import { Command } from "commander";
import type { CommandIo } from "../../server/commands/client-connection.ts";
import { createDatabasesCommand } from "../../server/commands/databases.ts";
import {
  createExportCommand,
  createImportCommand,
  createSheetCommand,
} from "../../server/commands/deliveries.ts";
import { createExtractCommand } from "../../server/commands/extract.ts";
import { createFrequenciesCommand } from "../../server/commands/frequencies.ts";
import { createGroupsCommand } from "../../server/commands/groups.ts";
import { createRunCommand } from "../../server/commands/run.ts";
import { createRunsCommand } from "../../server/commands/runs.ts";
import { createSchedulersCommand } from "../../server/commands/schedulers.ts";
import { createSettingsCommand } from "../../server/commands/settings.ts";
import { createTablesCommand } from "../../server/commands/tables.ts";
import { createTokenCommand } from "../../server/commands/token.ts";
import { createTransfersCommand } from "../../server/commands/transfers.ts";
import { createUsersCommand } from "../../server/commands/users.ts";
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
    const io: CommandIo = { stdout, stderr: stdout, env, findLocalServer, ...more };
    const program = new Command("maestro")
      .addCommand(createTablesCommand(io))
      .addCommand(createFrequenciesCommand(io))
      .addCommand(createRunCommand(io))
      .addCommand(createRunsCommand(io))
      .addCommand(createImportCommand(io))
      .addCommand(createExtractCommand(io))
      .addCommand(createExportCommand(io))
      .addCommand(createSheetCommand(io))
      .addCommand(createTransfersCommand(io))
      .addCommand(createSchedulersCommand(io))
      .addCommand(createSettingsCommand(io))
      .addCommand(createDatabasesCommand(io))
      .addCommand(createUsersCommand(io))
      .addCommand(createGroupsCommand(io))
      .addCommand(createTokenCommand(io, (_directory, use) => use(deps)));
    await program.parseAsync(args, { from: "user" });
    return output;
  };
}
