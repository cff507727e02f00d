import { Command } from "commander";
import type { DatabaseView } from "../../shared/database.ts";
import { bytesText } from "../domain/words.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { writeJson, writeTable } from "./client-output.ts";
import { addEditCommand } from "./database-edit.ts";
import { type AddOptions, passwordVariable, readDatabaseInput } from "./database-options.ts";
import { assertWorks } from "./database-test.ts";
import { browseSource, importTables } from "./databases-import.ts";
import { findDatabase } from "./find-database.ts";

/** `maestro databases list|show|add|edit|test|remove|browse|import`. */
export function createDatabasesCommand(io: CommandIo): Command {
  const databases = new Command("databases").description("what is imported from and exported to");
  addConnectionOptions(databases.command("list"))
    .description("all databases")
    .action((options: { json?: boolean }) => listDatabases(io, options));
  addConnectionOptions(databases.command("show"))
    .description("one database, its limits and the tables that use it")
    .argument("<name>")
    .action((name: string, options: { json?: boolean }) => showDatabase(io, name, options));
  addOptions(addConnectionOptions(databases.command("add"))).action(
    (name: string, url: string | undefined, options: AddOptions) =>
      addDatabase(io, name, url, options),
  );
  addEditCommand(io, databases);
  addConnectionOptions(databases.command("test"))
    .description("connect, and say what is wrong; the exit code is then 1")
    .argument("<name>")
    .action((name: string, options: { json?: boolean }) => testDatabase(io, name, options));
  addConnectionOptions(databases.command("remove"))
    .description("forget a database that no table uses")
    .argument("<name>")
    .action((name: string, options: { json?: boolean }) => removeDatabase(io, name, options));
  addConnectionOptions(databases.command("browse"))
    .description("the tables that its user may read")
    .argument("<name>")
    .option("--search <text>", "part of schema.table")
    .option("--limit <count>", "how many", "200")
    .action((name: string, options: Parameters<typeof browseSource>[2]) =>
      browseSource(io, name, options),
    );
  addConnectionOptions(databases.command("import"))
    .description("make import tables of tables of a database")
    .argument("<name>")
    .argument("<table...>", "schema.table of each, as browse writes them")
    .option("--dataset <dataset>", "in place of the database's import dataset")
    .action((name: string, sources: string[], options: Parameters<typeof importTables>[3]) =>
      importTables(io, name, sources, options),
    );
  return databases;
}

function addOptions(command: Command): Command {
  return command
    .description("add a database, after its connection was tested")
    .argument("<name>", "what Maestro calls it")
    .argument("[database-url]", "postgresql://user@host:5432/name?sslmode=… or mysql://…")
    .option("--kind <kind>", "postgres or mysql")
    .option("--host <host>")
    .option("--port <port>")
    .option("--database <name>")
    .option("--user <user>")
    .option("--password-stdin", `read the password from standard input, not ${passwordVariable}`)
    .option("--tls <mode>", "disable, prefer, require, verify-ca, verify-full")
    .option("--ca <file>", "PEM of the authority")
    .option("--certificate <file>", "PEM of a client certificate")
    .option("--key <file>", "PEM of its key")
    .option("--import-dataset <dataset>", "where imports are proposed")
    .option("--no-import", "no table may be imported from it")
    .option("--may-export", "tables may be exported to it")
    .option("--rate <rate>", "bytes a second of all its transfers, such as 10MB")
    .option("--transfers-at-once <count>")
    .option("--no-test", "add it although it may not answer");
}

async function listDatabases(io: CommandIo, options: { json?: boolean }): Promise<void> {
  const rows = await withClient(io, options, (client) => client.databases.list.query());
  if (options.json) return writeJson(io.stdout, rows);
  writeTable(
    io.stdout,
    ["NAME", "KIND", "ADDRESS", "TLS", "IMPORT", "EXPORT", "AT ONCE", "RATE"],
    rows.map((row) => [
      row.name,
      row.kind,
      addressText(row),
      row.tlsMode,
      row.mayImport ? "yes" : "no",
      row.mayExport ? "yes" : "no",
      row.concurrentTransfers,
      rateText(row),
    ]),
  );
}

async function showDatabase(
  io: CommandIo,
  name: string,
  options: { json?: boolean },
): Promise<void> {
  const [database, tables] = await withClient(io, options, async (client) => {
    const found = await findDatabase(client, name);
    return [found, await client.tables.list.query({ databaseId: found.id })] as const;
  });
  const names = tables.map((table) => table.name);
  if (options.json) return writeJson(io.stdout, { ...database, tables: names });
  const lines = [
    `${database.name}  ${database.kind}, ${addressText(database)}`,
    `tls        ${database.tlsMode}${database.tlsCa ? ", an authority of its own" : ""}${database.tlsCertificate ? ", a client certificate" : ""}`,
    `import     ${database.mayImport ? `into ${database.importDataset ?? "no dataset in particular"}` : "no"}`,
    `export     ${database.mayExport ? "yes" : "no"}`,
    `at once    ${database.concurrentTransfers ?? "no limit"}`,
    `rate       ${rateText(database)}`,
    `tables     ${names.join(", ") || "none"}`,
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
}

async function addDatabase(
  io: CommandIo,
  name: string,
  url: string | undefined,
  options: AddOptions,
): Promise<void> {
  const input = await readDatabaseInput(io, name, url, options);
  await withClient(io, options, async (client) => {
    if (options.test) assertWorks(name, await client.databases.test.mutate(input));
    const { id } = await client.databases.create.mutate(input);
    if (options.json) return writeJson(io.stdout, { id, name });
    io.stdout.write(`${name} is added; see its tables with maestro databases browse ${name}\n`);
  });
}

async function testDatabase(
  io: CommandIo,
  name: string,
  options: { json?: boolean },
): Promise<void> {
  const result = await withClient(io, options, async (client) =>
    client.databases.test.mutate({ id: (await findDatabase(client, name)).id }),
  );
  if (options.json) writeJson(io.stdout, result);
  else {
    const marks = { ok: "✓", warning: "!", failed: "✗" };
    io.stdout.write(
      `${result.checks.map(({ state, text }) => `${marks[state]} ${text}\n`).join("")}`,
    );
  }
  assertWorks(name, result);
}

async function removeDatabase(
  io: CommandIo,
  name: string,
  options: { json?: boolean },
): Promise<void> {
  const removed = await withClient(io, options, async (client) =>
    client.databases.remove.mutate({ id: (await findDatabase(client, name)).id }),
  );
  if (options.json) return writeJson(io.stdout, removed);
  io.stdout.write(`${name} is removed\n`);
}

function addressText({ username, host, port, database }: DatabaseView): string {
  return `${username}@${host}:${port}/${database}`;
}

function rateText({ bytesPerSecond }: DatabaseView): string {
  return bytesPerSecond === null ? "no limit" : `${bytesText(bytesPerSecond)}/s`;
}
