import type { Command } from "commander";
import {
  type DatabaseInputBefore,
  type DatabaseView,
  defaultPorts,
} from "../../shared/database.ts";
import { MaestroError } from "../../shared/errors.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { writeJson } from "./client-output.ts";
import { passwordVariable, readAddress, readPems, readUse } from "./database-options.ts";
import { assertWorks } from "./database-test.ts";
import { findDatabase } from "./find-database.ts";
import { readSecret } from "./read-secret.ts";

type Removable = "ca" | "certificate" | "importDataset" | "rate" | "transfersAtOnce";

/** What `maestro databases edit` was given; false of what is to be no more. */
interface EditOptions extends Partial<Record<Removable, string | false>> {
  name?: string;
  kind?: string;
  host?: string;
  port?: string;
  database?: string;
  user?: string;
  password?: boolean;
  passwordStdin?: boolean;
  tls?: string;
  key?: string;
  import?: boolean;
  mayExport?: boolean;
  sameData?: boolean;
  test: boolean;
  json?: boolean;
}

/** `maestro databases edit NAME`. */
export function addEditCommand(io: CommandIo, databases: Command): void {
  addConnectionOptions(databases.command("edit"))
    .description("change a database, after its connection was tested; what is not named stays")
    .argument("<name>")
    .argument(
      "[database-url]",
      "where it is now: postgresql://user@host:5432/name?sslmode=… or mysql://…",
    )
    .option("--name <name>", "what Maestro is to call it")
    .option("--kind <kind>", "postgres or mysql")
    .option("--host <host>")
    .option("--port <port>")
    .option("--database <name>")
    .option("--user <user>")
    .option("--password", `ask for another password, or take it from ${passwordVariable}`)
    .option("--password-stdin", "read another password from standard input")
    .option("--no-password", "forget the stored password")
    .option("--tls <mode>", "disable, prefer, require, verify-ca, verify-full")
    .option("--ca <file>", "PEM of the authority")
    .option("--no-ca", "an authority that the system knows")
    .option("--certificate <file>", "PEM of a client certificate")
    .option("--key <file>", "PEM of its key")
    .option("--no-certificate", "no client certificate, and no key")
    .option("--import-dataset <dataset>", "where imports are proposed")
    .option("--no-import-dataset", "nowhere in particular")
    .option("--import", "tables may be imported from it")
    .option("--no-import", "no table may be imported from it")
    .option("--may-export", "tables may be exported to it")
    .option("--no-may-export", "no table may be exported to it")
    .option("--rate <rate>", "bytes a second of all its transfers, such as 10MB")
    .option("--no-rate", "no limit")
    .option("--transfers-at-once <count>")
    .option("--no-transfers-at-once", "no limit")
    .option("--same-data", "at another address: increments go on, and do not begin anew")
    .option("--no-test", "change it although it may not answer")
    .action((name: string, url: string | undefined, options: EditOptions) =>
      editDatabase(io, name, url, options),
    );
}

async function editDatabase(
  io: CommandIo,
  name: string,
  url: string | undefined,
  options: EditOptions,
): Promise<void> {
  await withClient(io, options, async (client) => {
    const { id, ...before } = await findDatabase(client, name);
    const input = { id, ...(await readEdit(io, before, url, options)) };
    if (options.test) assertWorks(name, await client.databases.test.mutate(input));
    const hasSameData = options.sameData ?? false;
    await client.databases.update.mutate({ ...input, hasSameData });
    if (options.json) return writeJson(io.stdout, { id, name: input.name });
    io.stdout.write(`${input.name} is changed\n`);
  });
}

/** The database as it is, but for what the URL and the options say. */
async function readEdit(
  io: CommandIo,
  before: Omit<DatabaseView, "id">,
  url: string | undefined,
  options: EditOptions,
): Promise<DatabaseInputBefore> {
  const given = readAddress(url, options);
  const named = (option: Removable) => {
    const value = options[option];
    return value === false ? undefined : value;
  };
  const isGone = (option: Removable) => options[option] === false;
  const { kind = before.kind, port = kind === before.kind ? before.port : defaultPorts[kind] } =
    given;
  return {
    ...before,
    ...given,
    port,
    name: options.name ?? before.name,
    mayImport: options.import ?? before.mayImport,
    mayExport: options.mayExport ?? before.mayExport,
    ...(await readNewPassword(io, options, given.username ?? before.username)),
    ...(await readPems({ ca: named("ca"), certificate: named("certificate"), key: options.key })),
    ...readUse({
      importDataset: named("importDataset"),
      rate: named("rate"),
      transfersAtOnce: named("transfersAtOnce"),
    }),
    ...(isGone("ca") ? { tlsCa: null } : {}),
    ...(isGone("certificate") ? { tlsCertificate: null, tlsKey: "" } : {}),
    ...(isGone("importDataset") ? { importDataset: null } : {}),
    ...(isGone("rate") ? { bytesPerSecond: null } : {}),
    ...(isGone("transfersAtOnce") ? { concurrentTransfers: null } : {}),
  };
}

/** Without one the stored password is kept; an empty one is none. */
async function readNewPassword(
  io: CommandIo,
  { password, passwordStdin = false }: EditOptions,
  user: string,
): Promise<{ password?: string }> {
  if (password === false && !passwordStdin) return { password: "" };
  if (password !== true && !passwordStdin) return {};
  const read = await readSecret(io, {
    variable: passwordVariable,
    prompt: `New password of ${user}`,
    fromStdin: passwordStdin,
  });
  if (read !== null) return { password: read };
  throw new MaestroError(
    "invalidInput",
    `there is no terminal to ask for the password at: give it in ${passwordVariable}, or by --password-stdin`,
  );
}
