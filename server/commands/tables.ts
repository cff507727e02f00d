import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import { type TableKind, type TableVersionView, tableKinds } from "../../shared/table.ts";
import { bytesText } from "../domain/words.ts";
import { confirm } from "./ask.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { instantText, writeJson, writeTable } from "./client-output.ts";
import { addEditCommand } from "./tables-edit.ts";
import { addFileCommands } from "./tables-files.ts";

interface ListOptions {
  kind?: string;
  search?: string;
  json?: boolean;
}

/** `maestro tables list|show|edit|save|plan|diff|files|versions|restore|remove`. */
export function createTablesCommand(io: CommandIo): Command {
  const tables = new Command("tables").description("the catalog");
  addConnectionOptions(tables.command("list"))
    .description("all tables, with their state")
    .option("--kind <kind>", tableKinds.join(", "))
    .option("--search <text>", "part of the name")
    .action((options: ListOptions) => listTables(io, options));
  addConnectionOptions(tables.command("show"))
    .description("one table: its definition, parents and children")
    .argument("<table>", "dataset.name")
    .action((name: string, options: { json?: boolean }) => showTable(io, name, options));
  addEditCommand(io, tables);
  addFileCommands(io, tables);
  addVersionCommands(io, tables);
  return tables;
}

function addVersionCommands(io: CommandIo, tables: Command): void {
  addConnectionOptions(tables.command("versions"))
    .description("every save of a table, the newest first")
    .argument("<table>", "dataset.name")
    .action((name: string, options: { json?: boolean }) => listVersions(io, name, options));
  addConnectionOptions(tables.command("restore"))
    .description("save an old version anew")
    .argument("<table>", "dataset.name")
    .argument("<version>", "its number")
    .action((name: string, version: string, options: { json?: boolean }) =>
      restoreVersion(io, name, Number(version), options),
    );
  addConnectionOptions(tables.command("remove"))
    .description("take a table from the catalog; what is in BigQuery stays")
    .argument("<table>", "dataset.name")
    .option("--yes", "without asking")
    .action((name: string, options: { json?: boolean; yes?: boolean }) =>
      removeTable(io, name, options),
    );
}

async function listVersions(
  io: CommandIo,
  name: string,
  options: { json?: boolean },
): Promise<void> {
  const rows = await withClient(io, options, async (client) => {
    const { id } = await client.tables.byName.query({ name });
    return client.tables.versions.query({ id });
  });
  if (options.json) return writeJson(io.stdout, rows);
  writeTable(
    io.stdout,
    ["VERSION", "SAVED (UTC)", "BY", "COMMIT"],
    rows.map((row) => [row.version, instantText(row.savedAt), row.savedBy, commitText(row)]),
  );
}

function commitText({ commit, commitFault }: TableVersionView): string | null {
  if (commit !== null) return commit.sha.slice(0, 12);
  return commitFault === null ? null : `none: ${commitFault}`;
}

async function restoreVersion(
  io: CommandIo,
  name: string,
  version: number,
  options: { json?: boolean },
): Promise<void> {
  const saved = await withClient(io, options, async (client) => {
    const { id } = await client.tables.byName.query({ name });
    return client.tables.restore.mutate({ id, version });
  });
  if (options.json) return writeJson(io.stdout, saved);
  io.stdout.write(`${name} is as version ${version} was: it is version ${saved.version} now\n`);
}

async function removeTable(
  io: CommandIo,
  name: string,
  options: { json?: boolean; yes?: boolean },
): Promise<void> {
  await withClient(io, options, async (client) => {
    const { id } = await client.tables.byName.query({ name });
    const question = `Take ${name} from the catalog?`;
    if (!options.yes && !(await confirm(io, question))) {
      throw new MaestroError("cancelled", "nothing was done");
    }
    const removed = await client.tables.remove.mutate({ id });
    if (options.json) return writeJson(io.stdout, removed);
    io.stdout.write(`${name} is taken from the catalog\n`);
  });
}

async function listTables(io: CommandIo, options: ListOptions): Promise<void> {
  const kind = kindOf(options.kind);
  const { search, json } = options;
  const rows = await withClient(io, options, (client) =>
    client.tables.list.query({ ...(kind ? { kind } : {}), ...(search ? { search } : {}) }),
  );
  if (json) return writeJson(io.stdout, rows);
  return writeTable(
    io.stdout,
    ["TABLE", "KIND", "STATE", "LAST OK (UTC)", "ROWS", "SIZE", "FREQUENCY"],
    rows.map((row) => [
      row.name,
      row.kind,
      row.status,
      instantText(row.lastOkAt),
      row.rowCount,
      bytesText(row.bytes),
      row.frequencyName,
    ]),
  );
}

function kindOf(text: string | undefined): TableKind | undefined {
  const kind = tableKinds.find((one) => one === text);
  if (text !== undefined && !kind) {
    throw new MaestroError("invalidInput", `--kind is one of ${tableKinds.join(", ")}`);
  }
  return kind;
}

async function showTable(io: CommandIo, name: string, options: { json?: boolean }): Promise<void> {
  const table = await withClient(io, options, (client) => client.tables.byName.query({ name }));
  if (options.json) return writeJson(io.stdout, table);
  const names = (tables: { name: string }[]) => tables.map((one) => one.name).join(", ") || "none";
  const lines = [
    `${table.name}  ${table.kind}, version ${table.version}, ${table.status}`,
    ...(table.definition.description ? [table.definition.description] : []),
    `frequency  ${table.frequencyName ?? "none"}`,
    `group      ${table.groupName ?? "none"}`,
    `last ok    ${instantText(table.lastOkAt)}`,
    `size       ${table.rowCount ?? "–"} rows, ${bytesText(table.bytes)}`,
    `parents    ${names(table.parents.filter((parent) => !parent.ignored))}`,
    `children   ${names(table.children)}`,
    ...table.warnings.map((warning) => `warning    ${warning}`),
    ...(table.definition.query ? ["", table.definition.query] : []),
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
}
