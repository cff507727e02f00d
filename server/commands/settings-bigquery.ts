import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import {
  addConnectionOptions,
  type CommandIo,
  type ConnectionOptions,
  withClient,
} from "./client-connection.ts";
import { writeJson } from "./client-output.ts";

interface SetOptions extends ConnectionOptions {
  project?: string;
  bucket?: string;
  location?: string;
  keyFile?: string;
  defaultCredentials?: true;
}

type TestOptions = ConnectionOptions & { json?: boolean };

/** `maestro settings set-bigquery` and `test-bigquery`. */
export function addBigqueryCommands(command: Command, io: CommandIo): void {
  addConnectionOptions(command.command("set-bigquery"))
    .description(
      "changes project, bucket, location and credentials together; what is left out stays",
    )
    .option("--project <id>", "the Google Cloud project")
    .option("--bucket <name>", "the Cloud Storage bucket of extracts and staged files")
    .option("--location <name>", "where jobs run and datasets are made, such as US or EU")
    .option("--key-file <path>", "a service account's key, as Google Cloud gives it")
    .option("--default-credentials", "forget the key: application default credentials")
    .action((options: SetOptions) => setBigquery(io, options));
  addConnectionOptions(command.command("test-bigquery"))
    .description("tries what runs do in BigQuery and Cloud Storage, and says what is missing")
    .action((options: TestOptions) => testBigquery(io, options));
}

async function setBigquery(io: CommandIo, options: SetOptions): Promise<void> {
  const { project, bucket, location, keyFile, defaultCredentials } = options;
  if (keyFile !== undefined && defaultCredentials) {
    throw new MaestroError(
      "invalidInput",
      "--key-file and --default-credentials: give one of them",
    );
  }
  const key = keyFile === undefined ? undefined : await readKeyFile(keyFile);
  const changes = {
    ...(project === undefined ? {} : { "bigquery.project": project }),
    ...(bucket === undefined ? {} : { "bigquery.bucket": bucket }),
    ...(location === undefined ? {} : { "bigquery.location": location }),
    ...(key === undefined ? {} : { "bigquery.credentials": key }),
    ...(defaultCredentials ? { "bigquery.credentials": null } : {}),
  };
  const keys = Object.keys(changes);
  if (keys.length === 0) {
    throw new MaestroError("invalidInput", "name what to change, such as --project and --bucket");
  }
  await withClient(io, options, (client) => client.settings.change.mutate({ changes }));
  io.stdout.write(`${keys.join(", ")}: set. Try it: maestro settings test-bigquery\n`);
}

async function readKeyFile(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new MaestroError("invalidInput", `${path} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  });
}

const marks = { ok: "ok     ", warning: "warning", failed: "FAILED " };

async function testBigquery(io: CommandIo, options: TestOptions): Promise<void> {
  const result = await withClient(io, options, (client) => client.settings.testBigquery.mutate());
  if (!result.ok) io.setExitCode?.(1);
  if (options.json) return writeJson(io.stdout, result);
  io.stdout.write(`${result.where}\n`);
  for (const { state, text, fault, remedy } of result.checks) {
    io.stdout.write(`  ${marks[state]}  ${text}${fault === null ? "" : `: ${fault}`}\n`);
    if (remedy !== null) io.stdout.write(`           ${remedy}\n`);
  }
}
