import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import type { TableFile } from "../../shared/table-file.ts";
import type { TablePlan } from "../../shared/table-plan.ts";
import { bytesText } from "../domain/words.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { writeJson } from "./client-output.ts";
import { assertPlanned, diffTable, planFiles, savePlanned, writePlan } from "./plan-files.ts";
import { readFiles } from "./read-files.ts";

interface Options {
  json?: boolean;
}

const pathsHelp = "`.sql` files or folders of them: dataset/name.sql, settings beside it in YAML";

/** What tables have to do with files: save, plan, diff, files. */
export function addFileCommands(io: CommandIo, tables: Command): void {
  addConnectionOptions(tables.command("save"))
    .description("save tables from files: all of them, or none where one is refused")
    .argument("<path...>", pathsHelp)
    .action((paths: string[], options: Options) => saveFiles(io, paths, options));
  addConnectionOptions(tables.command("plan"))
    .description("what saving files would change, and what that breaks")
    .argument("<path...>", pathsHelp)
    .action((paths: string[], options: Options) => showPlan(io, paths, options));
  addConnectionOptions(tables.command("diff"))
    .description("the lines that saving files would change; the exit code is 1 where there are any")
    .argument("<path...>", pathsHelp)
    .action((paths: string[], options: Options) => showDiff(io, paths, options));
  addConnectionOptions(tables.command("files"))
    .description("write tables as files: FOLDER/dataset/name.sql, settings beside it in YAML")
    .argument("<folder>")
    .argument("[table...]", "dataset.name of each (default: all)")
    .action((folder: string, names: string[], options: Options) =>
      writeFiles(io, folder, names, options),
    );
}

/** The tables of the paths; what is none is told on standard error. */
async function filesOf(io: CommandIo, paths: string[]): Promise<TableFile[]> {
  const { found, unread } = await readFiles(paths);
  for (const { path, reason } of unread)
    io.stderr.write(`maestro: ${path} is left out: ${reason}\n`);
  if (found.length > 0) return found.map(({ file }) => file);
  throw new MaestroError(
    "invalidInput",
    `there is no table in ${paths.join(", ")}: files are named dataset/name.sql`,
  );
}

async function saveFiles(io: CommandIo, paths: string[], options: Options): Promise<void> {
  const files = await filesOf(io, paths);
  await withClient(io, options, async (client) => {
    const plan = await planFiles(client, files);
    assertPlanned(plan);
    const saved = await savePlanned(io, client, plan.tables, { quiet: options.json === true });
    if (options.json) return writeJson(io.stdout, saved);
    const same = plan.tables.length - saved.length;
    if (same > 0)
      io.stdout.write(`${same} ${same === 1 ? "is" : "are"} as they are in the files\n`);
  });
}

async function showPlan(io: CommandIo, paths: string[], options: Options): Promise<void> {
  const files = await filesOf(io, paths);
  await withClient(io, options, async (client) => {
    const plan = await planFiles(client, files, { withPlans: true });
    const dryRun = plan.tables.length === 1 ? (plan.tables[0]?.plan ?? null) : null;
    if (options.json) return writeJson(io.stdout, { ...plan, dryRun });
    writePlan(io.stdout, plan);
    if (dryRun) writeDryRun(io, dryRun);
  });
}

/** What a plan says beside what it breaks. */
function writeDryRun(io: CommandIo, plan: TablePlan): void {
  const lists: [string, string[]][] = [
    ["new parents", plan.newParents],
    ["parents no more", plan.droppedParents],
    ["new columns", plan.columnsAdded],
    ["columns no more", plan.columnsRemoved],
    [
      "other types",
      plan.columnsChanged.map(({ name, from, to }) => `${name} from ${from} to ${to}`),
    ],
    ["new readers", plan.newReaders],
  ];
  for (const [title, items] of lists) {
    if (items.length > 0) io.stdout.write(`${title}: ${items.join(", ")}\n`);
  }
  if (plan.bytes === null) return;
  const before = plan.bytesBefore === null ? "" : `, ${bytesText(plan.bytesBefore)} before`;
  io.stdout.write(`a run reads ${bytesText(plan.bytes)}${before}\n`);
}

async function showDiff(io: CommandIo, paths: string[], options: Options): Promise<void> {
  const files = await filesOf(io, paths);
  const { tables } = await withClient(io, options, (client) => planFiles(client, files));
  const changed = tables.filter(({ action }) => action !== "none");
  if (options.json) writeJson(io.stdout, changed);
  for (const table of options.json ? [] : changed) {
    if (table.action === "refused") io.stdout.write(`! ${table.name}: ${table.refusal}\n`);
    else io.stdout.write(diffTable(table));
  }
  if (changed.length > 0) io.setExitCode?.(1);
}

async function writeFiles(
  io: CommandIo,
  folder: string,
  names: string[],
  options: Options,
): Promise<void> {
  const written: string[] = [];
  await withClient(io, options, async (client) => {
    const listed = names.length > 0 ? null : await client.tables.list.query({ limit: 100_000 });
    const ids = listed
      ? listed.map(({ id }) => id)
      : await Promise.all(
          names.map(async (name) => (await client.tables.byName.query({ name })).id),
        );
    for (const id of ids) {
      const { file } = await client.tables.file.query({ id });
      written.push(...(await writeTableFiles(folder, file)));
    }
  });
  if (options.json) return writeJson(io.stdout, written);
  io.stdout.write(`${written.length} files are in ${folder}\n`);
}

/** The paths written. */
export async function writeTableFiles(folder: string, file: TableFile): Promise<string[]> {
  const directory = join(folder, file.dataset);
  await mkdir(directory, { recursive: true });
  const stem = join(directory, file.name);
  const texts = [
    { path: `${stem}.sql`, text: file.sql },
    { path: `${stem}.yaml`, text: file.settings },
  ].filter(({ text }) => text !== null);
  for (const { path, text } of texts) await writeFile(path, text ?? "");
  return texts.map(({ path }) => path);
}
