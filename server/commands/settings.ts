import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import { type SettingKey, type SettingView, settingKeys, settings } from "../../shared/settings.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { instantText, writeJson, writeTable } from "./client-output.ts";
import { readSecret } from "./read-secret.ts";
import { addBigqueryCommands } from "./settings-bigquery.ts";

interface Options {
  json?: boolean;
  stdin?: boolean;
}

/** `maestro settings list|get|set|unset|test-slack|set-bigquery|test-bigquery`. */
export function createSettingsCommand(io: CommandIo): Command {
  const command = new Command("settings").description("the settings of the installation");
  addConnectionOptions(command.command("list"))
    .description("all of them; of secrets only whether they are set")
    .action((options: Options) => list(io, options));
  addConnectionOptions(command.command("get"))
    .description("the value of one that is no secret")
    .argument("<key>", "such as oauth.domains")
    .action((key: string, options: Options) => get(io, key, options));
  addConnectionOptions(command.command("set"))
    .description("changes one, at once and on every server")
    .argument("<key>", "such as oauth.domains")
    .argument("[value]", "its new value; a secret is asked for instead")
    .option("--stdin", "read the value from standard input")
    .action((key: string, value: string | undefined, options: Options) =>
      set(io, key, value, options),
    );
  addConnectionOptions(command.command("unset"))
    .description("forgets one, which then has its default or none")
    .argument("<key>", "such as oauth.domains")
    .action((key: string, options: Options) => change(io, keyOf(key), null, options));
  addConnectionOptions(command.command("test-slack"))
    .description("says in Slack's channel that Maestro can write there, or why it cannot")
    .action((options: Options) => testSlack(io, options));
  addBigqueryCommands(command, io);
  return command;
}

async function testSlack(io: CommandIo, options: Options): Promise<void> {
  const told = await withClient(io, options, (client) => client.settings.testSlack.mutate());
  if (options.json) return writeJson(io.stdout, told);
  io.stdout.write(`Maestro wrote in #${told.channel}
`);
}

function keyOf(text: string): SettingKey {
  const key = settingKeys.find((known) => known === text);
  if (key) return key;
  const known = settingKeys.join(", ");
  throw new MaestroError("invalidInput", `there is no setting ${text}: there are ${known}`);
}

async function list(io: CommandIo, options: Options): Promise<void> {
  const rows = await withClient(io, options, (client) => client.settings.list.query());
  if (options.json) return writeJson(io.stdout, rows);
  return writeTable(
    io.stdout,
    ["SETTING", "VALUE", "SOURCE", "CHANGED (UTC)", "BY"],
    rows.map((row) => [
      row.key,
      shownValue(row),
      row.source,
      instantText(row.updatedAt),
      row.updatedBy,
    ]),
  );
}

function shownValue(row: SettingView): string | null {
  const isHidden = row.value === null && (row.source === "given" || row.source === "stored");
  return isHidden ? "(hidden)" : row.value;
}

async function get(io: CommandIo, text: string, options: Options): Promise<void> {
  const key = keyOf(text);
  const rows = await withClient(io, options, (client) => client.settings.list.query());
  const row = rows.find((one) => one.key === key);
  if (options.json) return writeJson(io.stdout, row);
  if ("secret" in settings[key]) {
    throw new MaestroError("forbidden", `${key} is a secret: nobody can read it back`);
  }
  io.stdout.write(`${row?.value ?? ""}\n`);
}

async function set(
  io: CommandIo,
  text: string,
  value: string | undefined,
  options: Options,
): Promise<void> {
  const key = keyOf(text);
  if ("secret" in settings[key] && value !== undefined) {
    throw new MaestroError(
      "invalidInput",
      `${key} is a secret, which the shell would keep in its history: leave it out and type it, or use --stdin`,
    );
  }
  const entered = value ?? (await readValue(io, key, options));
  if (entered === null) {
    throw new MaestroError("invalidInput", `name the value of ${key}, or use --stdin`);
  }
  await change(io, key, entered, options);
}

async function readValue(io: CommandIo, key: SettingKey, options: Options): Promise<string | null> {
  if (options.stdin) {
    let all = "";
    for await (const chunk of io.stdin ?? []) all += String(chunk);
    return all.trim();
  }
  if (!("secret" in settings[key])) return null;
  return readSecret(io, { variable: "MAESTRO_VALUE", prompt: key, fromStdin: false });
}

async function change(
  io: CommandIo,
  key: SettingKey,
  value: string | null,
  options: Options,
): Promise<void> {
  const send = (client: Client) => client.settings.change.mutate({ changes: { [key]: value } });
  const rows = await withClient(io, options, send);
  const row = rows.find((one) => one.key === key);
  if (options.json) return writeJson(io.stdout, row);
  io.stdout.write(`${key} is ${value === null ? "forgotten" : "set"}\n`);
}
