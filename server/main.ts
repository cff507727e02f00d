import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { MaestroError, messageOf } from "../shared/errors.ts";
import type { CommandIo } from "./commands/client-connection.ts";
import { exitCodeOf } from "./commands/exit-codes.ts";
import { type Config, environment, readConfig } from "./config.ts";
import type { Variable } from "./config-variable.ts";
import { variables } from "./config-variables.ts";
import type { ErrorReports } from "./support/error-reports.ts";

const main = fileURLToPath(import.meta.url);

/** To read and compile all modules is most of a start: a restart finds them compiled. */
const flushMs = 10_000;
enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/compiled"));
// It is written at the end of a process otherwise, which a SIGKILL has not.
setTimeout(flushCompileCache, flushMs).unref();

/** Roles import their modules when they are chosen: `maestro references` starts no server's code. */
async function createProgram(): Promise<Command> {
  const program = new Command("maestro")
    .description("A SQL-centric orchestrator for BigQuery")
    .showHelpAfterError()
    .configureHelp({ sortSubcommands: false });

  role(program, "start", "everything on this machine (the default)", async (config, reports) => {
    const { runStart } = await import("./commands/start.ts");
    await runStart(config, reports, main, environment);
  });
  role(program, "api", "the web app and the API", async (config, reports) => {
    await (await import("./commands/roles.ts")).runApi(config, reports);
  });
  role(program, "worker", "the engine, and the watchers of schedulers", async (config, reports) => {
    await (await import("./commands/roles.ts")).runWorker(config, reports, main);
  });
  role(program, "room", "a room that does transfers", async (config, reports) => {
    await (await import("./commands/roles.ts")).runRoom(config, reports);
  });
  const localCloud = role(
    program,
    "local-cloud",
    "the local BigQuery and Cloud Storage",
    async (config, reports) => {
      const { serveLocalCloud } = await import("./commands/roles.ts");
      const isStandalone = localCloud.opts()["standalone"] === true;
      process.exitCode = await serveLocalCloud(config, reports, isStandalone);
    },
  );
  localCloud.option("--standalone", "run on without a Maestro that uses it");
  const rotation = role(
    program,
    "rotate-secret",
    "store all credentials under another secret; stop Maestro before",
    async (config) => {
      const { runRotateSecret } = await import("./commands/rotate-secret.ts");
      const { newSecretpath } = rotation.opts<{ newSecretpath?: string }>();
      process.stdout.write(`${await runRotateSecret(config, newSecretpath ?? null)}\n`);
    },
  );
  rotation.option("--new-secretpath <file>", "holds the new secret, where the old one is named");
  addConfigCommand(program);
  program
    .command("references")
    .description("the tables that SQL reads: a line of JSON in, a line of JSON out")
    .requiredOption("--jsonl", 'lines {"path","sql","legacy"?} in, {"path","sources"} out')
    .action(async () => {
      const { runReferences } = await import("./commands/references.ts");
      process.exitCode = await runReferences({ input: process.stdin, output: process.stdout });
    });
  // The other commands need a client's libraries, which would cost `references` its quick start.
  if (process.argv[2] !== "references") await addClientCommands(program);
  return program;
}

/** Commands against a server: the one named, or the one that runs on this data directory. */
async function addClientCommands(program: Command): Promise<void> {
  const [{ createClientCommands }, local] = await Promise.all([
    import("./commands/client-commands.ts"),
    import("./commands/local-token.ts"),
  ]);
  const io = processIo(local.findLocalServer);
  const commands = createClientCommands(io, (dataDir, use) =>
    local.withLocalDatabase(readConfig({ "data-dir": dataDir }), use),
  );
  for (const command of commands) program.addCommand(command);
  const { addCompletion } = await import("./commands/completion.ts");
  addCompletion(io, program);
}

/** What commands write to and read their defaults from: this process's own. */
function processIo(
  findLocalServer: (
    config: Config,
    refused?: string,
  ) => Promise<{ url: string; token: string } | null>,
): CommandIo {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: environment,
    onInterrupt(act) {
      process.once("SIGINT", act);
      return () => process.off("SIGINT", act);
    },
    setExitCode(code) {
      process.exitCode = code;
    },
    findLocalServer: (dataDir?: string, refused?: string) =>
      findLocalServer(readConfig({ "data-dir": dataDir }), refused),
  };
}

/** A command that reads the configuration: every variable that has a flag is an option of it. */
function role(
  program: Command,
  name: string,
  description: string,
  run: (config: Config, reports: ErrorReports) => Promise<void>,
): Command {
  const command = program.command(name, { isDefault: name === "start" }).description(description);
  addFlags(command);
  // The default is handed every word that is no command.
  if (name === "start") command.argument("[word]").usage("[options]");
  command.action(async (word: unknown) => {
    if (typeof word === "string") throw unknownCommand(program, word);
    isRole = true;
    const config = readConfig(flagsOf(command));
    const { startErrorReports } = await import("./commands/error-reports.ts");
    // Before the role's modules are loaded: New Relic watches what is loaded after it.
    const reports = await startErrorReports(config, name);
    try {
      await run(config, reports);
    } catch (error) {
      reports.report(error, `${name} ended`, {});
      throw error;
    } finally {
      await reports.close();
    }
    // All is stopped by now: nothing that a library left open may keep the process.
    process.exit();
  });
  return command;
}

function addFlags(command: Command): void {
  for (const { flag, effect, isSwitch, default: fallback } of Object.values(
    variables,
  ) as Variable<unknown>[]) {
    if (!flag) continue;
    const value = isSwitch ? "[value]" : "<value>";
    command.option(`--${flag} ${value}`, `${effect} (default: ${fallback})`);
  }
}

function addConfigCommand(program: Command): void {
  const command = program
    .command("config")
    .description("the settings that a process started like this would have, and where each is from")
    .option("--json", "answer in JSON");
  addFlags(command);
  command.action(async () => {
    const { showConfig } = await import("./commands/config.ts");
    showConfig(process.stdout, flagsOf(command), command.opts()["json"] === true);
  });
}

function unknownCommand(program: Command, name: string): MaestroError {
  const shown = program.createHelp().visibleCommands(program);
  const names = shown.map((command) => command.name()).join(", ");
  return new MaestroError("invalidInput", `there is no command ${name}; there are ${names}`);
}

/** Commander's camel-cased options under the flags' own names; a switch without a value is `true`. */
function flagsOf(command: Command): Record<string, string | undefined> {
  const values = command.opts<Record<string, string | true>>();
  return Object.fromEntries(
    command.options.map((option) => [option.name(), values[option.attributeName()]?.toString()]),
  );
}

/** The flags of servers have one dash by tradition (`-db-connect`); two are as good. */
function withTwoDashes(argument: string): string {
  return /^-[a-z][a-z-]+(=|$)/.test(argument) ? `-${argument}` : argument;
}

/** Processes that serve end with 1 whatever is wrong: exit codes that say more are of commands. */
let isRole = false;

async function run(): Promise<void> {
  try {
    const program = await createProgram();
    throwAtEnd(program);
    await program.parseAsync(process.argv.map(withTwoDashes));
  } catch (error) {
    // Its help or its complaint is written by now.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const known = error instanceof MaestroError && error.code !== "internal";
    process.stderr.write(
      `maestro: ${known ? messageOf(error) : ((error as Error).stack ?? error)}\n`,
    );
    process.exitCode = isRole ? 1 : exitCodeOf(error);
    // What it still tries to connect to must not keep it.
    if (isRole) process.exit();
  }
}

/** In place of ending the process with 1, whatever was wrong with the words. */
function throwAtEnd(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwAtEnd(child);
}

await run();
