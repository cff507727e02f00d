import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { TableFile } from "../../shared/table-file.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { writeJson } from "./client-output.ts";
import { assertPlanned, planFiles, savePlanned, writePlan } from "./plan-files.ts";
import { readFiles } from "./read-files.ts";
import { writeTableFiles } from "./tables-files.ts";

interface Options {
  json?: boolean;
}

/** `maestro tables edit TABLE`: its files in the editor, and saved when that ends. */
export function addEditCommand(io: CommandIo, tables: Command): void {
  addConnectionOptions(tables.command("edit"))
    .description("open its SQL and its settings in $VISUAL or $EDITOR, and save what was changed")
    .argument("<table>", "dataset.name")
    .action((name: string, options: Options) => editTable(io, name, options));
}

async function editTable(io: CommandIo, name: string, options: Options): Promise<void> {
  const editor = io.env["VISUAL"] || io.env["EDITOR"];
  if (!editor) {
    throw new MaestroError(
      "invalidInput",
      "neither VISUAL nor EDITOR names an editor: set one, such as EDITOR=vi, or write the table as files with maestro tables files and save them with maestro tables save",
    );
  }
  await withClient(io, options, async (client) => {
    const { id } = await client.tables.byName.query({ name });
    const { version, file } = await client.tables.file.query({ id });
    const folder = await mkdtemp(join(tmpdir(), "maestro-edit-"));
    const paths = await writeTableFiles(folder, withSql(file));
    await openEditor(editor, paths);
    try {
      await saveEdited(io, client, { folder, version, name }, options);
      await rm(folder, { recursive: true });
    } catch (error) {
      // What somebody has written is not thrown away with its refusal.
      throw keeping(error, folder);
    }
  });
}

/** There is a file to write SQL into, where a table may have some. */
function withSql(file: TableFile): TableFile {
  const isExternal = /^kind: external$/m.test(file.settings ?? "");
  return file.sql === null && !isExternal ? { ...file, sql: "" } : file;
}

async function saveEdited(
  io: CommandIo,
  client: Client,
  { folder, version, name }: { folder: string; version: number; name: string },
  options: Options,
): Promise<void> {
  const { found } = await readFiles([folder]);
  const plan = await planFiles(
    client,
    found.map(({ file }) => file),
    { withPlans: true },
  );
  assertPlanned(plan);
  const [table] = plan.tables;
  if (!table || table.action === "none") {
    if (options.json) return writeJson(io.stdout, []);
    io.stdout.write(`${name} stays as it is\n`);
    return;
  }
  if (!options.json) writePlan(io.stdout, plan);
  // Against the version that was opened: what others saved meanwhile is not overwritten.
  const saved = await savePlanned(io, client, [{ ...table, version }], {
    quiet: options.json === true,
  });
  if (options.json) writeJson(io.stdout, saved);
}

function keeping(error: unknown, folder: string): MaestroError {
  const code = error instanceof MaestroError ? error.code : "warehouse";
  const message = `${messageOf(error)}; what you wrote is in ${folder}: mend it and save it with maestro tables save ${folder}`;
  return new MaestroError(code, message, { cause: error });
}

/** An editor is a command of a shell, such as `code --wait`; the paths are arguments of it. */
async function openEditor(editor: string, paths: string[]): Promise<void> {
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", `${editor} "$@"`, "sh", ...paths], { stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code === 0) return;
  throw new MaestroError(
    "cancelled",
    `${editor} ended with ${code ?? "a signal"}: nothing is saved`,
  );
}
