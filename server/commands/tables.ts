import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import { type TableKind, tableKinds } from "../../shared/table.ts";
import { bytesText } from "../domain/words.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { instantText, writeJson, writeTable } from "./client-output.ts";

interface ListOptions {
  kind?: string;
  search?: string;
  json?: boolean;
}

/** `maestro tables list|show`. */
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
  return tables;
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
