import type { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import { type Client, type CommandIo, withClient } from "./client-connection.ts";

const shells = ["bash", "zsh", "fish"] as const;

/** What a word may become: the word, and what it is. */
type Candidate = [word: string, about: string];

/** A name is worth no longer wait for whoever presses Tab. */
const namesWithinMs = 1_500;

/**
 * `maestro completion SHELL` prints a script; the script asks `maestro complete -- WORDS…` what may stand
 * at the last of the words. Commands and options come from the program itself, names of tables,
 * frequencies and the like from the server, where one answers at once.
 */
export function addCompletion(io: CommandIo, program: Command): void {
  program
    .command("completion")
    .description("a script that completes commands, options and names in your shell")
    .argument("<shell>", shells.join(", "))
    .action((shell: string) => {
      const script = scriptOf(shell, program.name());
      io.stdout.write(script);
    });
  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const candidates = await candidatesFor(io, program, words);
      io.stdout.write(candidates.map(([word, about]) => `${word}\t${about}\n`).join(""));
    });
}

async function candidatesFor(
  io: CommandIo,
  program: Command,
  words: string[],
): Promise<Candidate[]> {
  const typed = words.at(-1) ?? "";
  const { command, args } = walk(program, words.slice(0, -1));
  const before = words.at(-2) ?? "";
  const option = command.options.find(({ long, short }) => before === long || before === short);
  const all = option?.required
    ? await namesFor(io, option.attributeName())
    : typed.startsWith("-")
      ? optionsOf(command)
      : [...commandsOf(command), ...(await argumentNames(io, command, args))];
  return all.filter(([word]) => word.startsWith(typed));
}

/** The command that the words lead to, and how many arguments of it they give. */
function walk(program: Command, words: string[]): { command: Command; args: number } {
  let command = program;
  let args = 0;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const option = command.options.find(({ long, short }) => word === long || word === short);
    if (option) {
      if (option.required) at += 1;
      continue;
    }
    const child = command.commands.find((one) => one.name() === word);
    if (child) command = child;
    else args += 1;
  }
  return { command, args };
}

function commandsOf(command: Command): Candidate[] {
  const { commands } = command;
  const shown = command.createHelp().visibleCommands(command);
  return commands
    .filter((child) => shown.includes(child))
    .map((child) => [child.name(), child.description()]);
}

function optionsOf(command: Command): Candidate[] {
  return command.options.map((option) => [option.long ?? option.short ?? "", option.description]);
}

function argumentNames(io: CommandIo, command: Command, args: number): Promise<Candidate[]> {
  const all = command.registeredArguments;
  const argument = all[Math.min(args, all.length - 1)];
  if (!argument || (args >= all.length && !argument.variadic)) return Promise.resolve([]);
  if (argument.argChoices) return Promise.resolve(argument.argChoices.map((one) => [one, ""]));
  const name = argument.name();
  const noun = command.parent?.name();
  return namesFor(io, name === "name" && noun ? noun : name);
}

const namesOf: Record<string, (client: Client) => Promise<Candidate[]>> = {
  table: async (client) =>
    (await client.tables.list.query({ limit: 100_000 })).map(({ name, kind }) => [name, kind]),
  frequency: async (client) =>
    (await client.frequencies.list.query()).map(({ name }) => [name, "frequency"]),
  run: async (client) =>
    (await client.runs.list.query({ limit: 20 })).map(({ id, state }) => [String(id), state]),
  database: async (client) =>
    (await client.databases.list.query()).map(({ name, kind }) => [name, kind]),
  group: async (client) => (await client.groups.list.query()).map(({ name }) => [name, "group"]),
  schedulers: async (client) =>
    (await client.schedulers.list.query()).map(({ name, state }) => [name, state]),
  key: async (client) =>
    (await client.settings.list.query()).map(({ key, source }) => [key, source]),
};
const plurals: Record<string, string> = {
  frequencies: "frequency",
  databases: "database",
  groups: "group",
};

async function namesFor(io: CommandIo, what: string): Promise<Candidate[]> {
  if (what === "shell") return shells.map((shell) => [shell, ""]);
  const list = namesOf[plurals[what] ?? what];
  if (!list) return [];
  // Whoever presses Tab wants no complaint: without an answer there is nothing to offer.
  const asked = withClient(io, {}, list).catch((): Candidate[] => []);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Candidate[]>((resolve) => {
    timer = setTimeout(() => resolve([]), namesWithinMs);
  });
  const names = await Promise.race([asked, late]);
  clearTimeout(timer);
  return names;
}

function scriptOf(shell: string, name: string): string {
  const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell];
  if (script) return script(name);
  throw new MaestroError("invalidInput", `${shell} is none of ${shells.join(", ")}`);
}

const bashScript = (
  name: string,
) => `# ${name} completion for bash: source <(${name} completion bash)
_${name}_complete() {
  local line IFS=$'\\n'
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(${name} complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _${name}_complete ${name}
`;

/** Sourced it needs the completion system; in a folder of `fpath` it is the function itself. */
const zshScript = (name: string) => `#compdef ${name}
# ${name} completion for zsh: source <(${name} completion zsh)
_${name}() {
  local line
  local -a described
  while IFS= read -r line; do
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(${name} complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#described} )); then _describe '${name}' described; else _files; fi
}
if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _${name} ${name}
fi
`;

/** Files are offered where nothing else is. */
const fishScript = (
  name: string,
) => `# ${name} completion for fish: ${name} completion fish | source
function __${name}_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (${name} complete -- $words[2..-1] 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c ${name} -f -a '(__${name}_complete)'
`;
