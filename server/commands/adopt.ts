import { Command } from "commander";
import { parse, stringify } from "yaml";
import { MaestroError } from "../../shared/errors.ts";
import type { TableFile } from "../../shared/table-file.ts";
import { readProject } from "./adopt-project.ts";
import type { Project } from "./adoptable.ts";
import { confirm } from "./ask.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { writeJson } from "./client-output.ts";
import { cycleAmong, type FilesPlan, planFiles, savePlanned, writePlan } from "./plan-files.ts";

interface Options {
  group?: string;
  frequency?: string;
  overwrite?: boolean;
  yes?: boolean;
  json?: boolean;
}

/**
 * `maestro adopt FOLDER`: shows what a project of SQL would be here, and makes it so. Each table is
 * saved by itself: after an end in the middle the same command does the rest, and what is there already
 * is as it is.
 */
export function createAdoptCommand(io: CommandIo): Command {
  return addConnectionOptions(new Command("adopt"))
    .description("make tables of a folder of BigQuery SQL: plain, compiled by dbt, or by Dataform")
    .argument(
      "<folder>",
      "dataset/name.sql files, dbt's project or target, Dataform's compiled JSON",
    )
    .option("--group <name>", "the group of those that name none (default: your first)")
    .option("--frequency <name>", "the frequency of those that name none")
    .option("--overwrite", "and change tables that are in the catalog otherwise")
    .option("--yes", "without asking")
    .action((folder: string, options: Options) => adoptFolder(io, folder, options));
}

async function adoptFolder(io: CommandIo, folder: string, options: Options): Promise<void> {
  const project = await readProject(folder);
  if (project.tables.length === 0) {
    const [first] = project.left;
    const why = first ? `; ${first.path}: ${first.reason}` : "";
    throw new MaestroError("invalidInput", `there is no table to adopt in ${folder}${why}`);
  }
  const files = project.tables.map(({ file }) => file);
  await withClient(io, options, async (client) => {
    const planned = await planOver(client, files, options);
    const { plan, circles, clashes } = sortOut(planned, options.overwrite === true);
    const saves = plan.tables.filter(({ action }) => action === "create" || action === "update");
    const told = { tool: project.tool, plan: plan.tables, left: project.left, circles, clashes };
    if (options.json) {
      const saved = options.yes ? await savePlanned(io, client, saves, { quiet: true }) : null;
      return writeJson(io.stdout, { ...told, saved });
    }
    writeProject(io, project, { plan, circles, clashes });
    if (saves.length === 0) return;
    const question = `Save ${saves.length} ${saves.length === 1 ? "table" : "tables"}?`;
    if (!options.yes && !(await confirm(io, question))) {
      throw new MaestroError("cancelled", "nothing was saved");
    }
    await savePlanned(io, client, saves, { quiet: false });
  });
}

/** The plan; what is there already keeps the settings that neither its file nor an option says. */
async function planOver(client: Client, files: TableFile[], options: Options): Promise<FilesPlan> {
  const planned = await planFiles(
    client,
    files.map((file) => withDefaults(file, options)),
  );
  const isGiven = options.group !== undefined || options.frequency !== undefined;
  if (!isGiven || planned.tables.every(({ before }) => before === null)) return planned;
  const present = new Map(planned.tables.map(({ name, before }) => [name, before]));
  const merged = files.map((file) =>
    withDefaults(file, options, present.get(`${file.dataset}.${file.name}`)?.settings),
  );
  return planFiles(client, merged);
}

/** Settings that a file does not say itself. */
function withDefaults(
  file: TableFile,
  { group, frequency }: Options,
  present: string | null = null,
): TableFile {
  if (group === undefined && frequency === undefined) return file;
  const own: unknown = file.settings === null ? {} : parseOrNull(file.settings);
  // What is no settings is left for the plan to refuse, with the reason.
  if (typeof own !== "object") return file;
  const before = present === null ? {} : (parse(present) as object | null);
  const given = { ...(group ? { group } : {}), ...(frequency ? { frequency } : {}) };
  return { ...file, settings: stringify({ ...before, ...given, ...own }) };
}

function parseOrNull(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

interface Sorted {
  plan: FilesPlan;
  /** Paths of tables that read each other; these are left out. */
  circles: string[][];
  /** Names of tables that are in the catalog otherwise; these are left as they are. */
  clashes: string[];
}

function sortOut(planned: FilesPlan, overwrite: boolean): Sorted {
  const isClash = (action: string) => action === "update" && !overwrite;
  const clashes = planned.tables.filter(({ action }) => isClash(action)).map(({ name }) => name);
  let tables = planned.tables.filter(({ action }) => !isClash(action));
  const circles: string[][] = [];
  for (let cycle = planned.cycle; cycle !== null; cycle = cycleAmong(tables)) {
    const path = cycle;
    circles.push(path);
    tables = tables.filter(({ name }) => !path.includes(name));
  }
  return { plan: { tables, cycle: null }, circles, clashes };
}

function writeProject(io: CommandIo, project: Project, { plan, circles, clashes }: Sorted): void {
  const { stdout } = io;
  const { length } = project.tables;
  stdout.write(`${project.tool}: ${length} ${length === 1 ? "table" : "tables"}\n`);
  writePlan(stdout, plan);
  const lines = [
    ...project.tables.flatMap(({ file, notes }) =>
      notes.map((note) => `${file.dataset}.${file.name}: ${note}`),
    ),
    ...project.left.map(({ path, reason }) => `${path} is left out: ${reason}`),
    ...clashes.map(
      (name) => `${name} is in the catalog otherwise, and stays so: --overwrite changes it`,
    ),
    ...circles.map(
      (path) => `these read each other in a circle and are left out: ${path.join(" → ")}`,
    ),
  ];
  if (lines.length > 0) stdout.write(`\n${lines.join("\n")}\n`);
}
