import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import type { StartedRun } from "../../shared/run.ts";
import type { TableDetail } from "../../shared/table.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { writeJson } from "./client-output.ts";
import { followRun } from "./follow-run.ts";
import { finishRun } from "./run.ts";

interface Options {
  reimport?: boolean;
  /** Commander's name for `--no-wait`. */
  wait: boolean;
  json?: boolean;
}

/** `maestro import TABLE [--reimport]`. */
export function createImportCommand(io: CommandIo): Command {
  return addDelivery("import")
    .description("import a table from its database now")
    .option("--reimport", "all rows anew, whatever was imported before")
    .action((name: string, options: Options) =>
      deliver(io, name, options, (client, table) => {
        if (table.kind !== "import") throw refuse(`${table.name} is no import: use maestro run`);
        const { id } = table;
        return options.reimport
          ? client.tables.reimport.mutate({ id })
          : client.tables.run.mutate({ id });
      }),
    );
}

/** `maestro export TABLE`. */
export function createExportCommand(io: CommandIo): Command {
  return addDelivery("export")
    .description("write a table, as it is in the warehouse, to its database now")
    .action((name: string, options: Options) =>
      deliver(io, name, options, (client, { id }) => client.tables.export.mutate({ id })),
    );
}

/** `maestro sheet TABLE`. */
export function createSheetCommand(io: CommandIo): Command {
  return addDelivery("sheet")
    .description("write a table, as it is in the warehouse, to its Google spreadsheet now")
    .action((name: string, options: Options) =>
      deliver(io, name, options, (client, { id }) => client.tables.sheet.mutate({ id })),
    );
}

function addDelivery(name: string): Command {
  return addConnectionOptions(new Command(name))
    .argument("<table>", "dataset.name")
    .option("--no-wait", "start it, and do not watch it to its end")
    .addHelpText(
      "after",
      "\nIt is watched to its end: the exit code is 1 unless it succeeds. Ctrl-C only stops the\nwatching (exit code 130); maestro runs cancel stops the work.",
    );
}

async function deliver(
  io: CommandIo,
  name: string,
  options: Options,
  start: (client: Client, table: TableDetail) => Promise<StartedRun>,
): Promise<void> {
  const { json = false } = options;
  await withClient(io, options, async (client) => {
    const started = await start(client, await client.tables.byName.query({ name }));
    if (options.wait) {
      return finishRun(io, await followRun(io, client, started.runId, { quiet: json }), json);
    }
    if (json) return writeJson(io.stdout, started);
    io.stdout.write(
      `run ${started.runId} is started; follow it with maestro runs show ${started.runId} --wait\n`,
    );
  });
}

function refuse(message: string): MaestroError {
  return new MaestroError("invalidInput", message);
}
