import { PassThrough } from "node:stream";
import { Command } from "commander";
import { createClientCommands } from "../../server/commands/client-commands.ts";
import { exitCodes } from "../../server/commands/exit-codes.ts";

/** The tables of docs/cli.md, from the commands themselves. */
export function cliReference(): string {
  const out = new PassThrough();
  const io = { stdout: out, stderr: out, env: {}, findLocalServer: async () => null };
  const program = new Command("maestro");
  for (const command of createClientCommands(io, async () => undefined))
    program.addCommand(command);
  const codes = Object.entries(exitCodes).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return [
    "## Commands",
    ...program.commands.map((command) => section(command)),
    "## Exit codes",
    ["| Code | When |", "|---|---|", "| 0 | all is done as asked |", ...codes].join("\n"),
  ].join("\n\n");
}

const everywhere = new Set(["--url", "--token", "--data-dir", "--json"]);

function section(command: Command): string {
  const leaves = command.commands.length > 0 ? command.commands : [command];
  const rows = leaves.map((leaf) => {
    const name = leaf === command ? command.name() : `${command.name()} ${leaf.name()}`;
    const args = leaf.registeredArguments.map((one) => {
      const word = `${one.name()}${one.variadic ? "..." : ""}`;
      return one.required ? `<${word}>` : `[${word}]`;
    });
    const options = leaf.options
      .filter(({ long }) => !everywhere.has(long ?? ""))
      .map(({ flags, description }) => `\`${flags}\` ${description}`);
    const cells = [`\`${[name, ...args].join(" ")}\``, leaf.description(), options.join("; ")];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const head = `### ${command.name()}\n\n${command.description()}`;
  return [head, ["| Command | What it does | Options |", "|---|---|---|", ...rows].join("\n")].join(
    "\n\n",
  );
}
