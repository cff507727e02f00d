import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import type { SyncPlan } from "../../shared/git.ts";
import { confirm } from "./ask.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { writeJson } from "./client-output.ts";

interface Options {
  take?: string;
  plan?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** `maestro sync`: takes the repository's state into the catalog. */
export function createSyncCommand(io: CommandIo): Command {
  return addConnectionOptions(new Command("sync"))
    .description("take what was pushed to the Git repository into the catalog; for admins")
    .argument("[table...]", "with --take: the tables that were changed on both sides")
    .option("--take <side>", "git or catalog: whose state of these tables holds")
    .option("--plan", "show what it would do, and do nothing")
    .option("--yes", "without asking")
    .action((names: string[], options: Options) => runSync(io, names, options));
}

async function runSync(io: CommandIo, names: string[], options: Options): Promise<void> {
  const input = { take: readSide(options.take), names };
  if ((input.take === null) !== (names.length === 0)) {
    throw new MaestroError(
      "invalidInput",
      "--take goes with the names of tables, and they with it",
    );
  }
  await withClient(io, options, async (client) => {
    if (options.yes && !options.plan) {
      return tellDone(io, await client.git.sync.mutate(input), options);
    }
    const plan = await client.git.plan.query(input);
    if (!(await isWanted(io, plan, options))) return;
    tellDone(io, await client.git.sync.mutate({ ...input, head: plan.head }), options);
  });
}

/** Shows what it would do, and asks where that is not all. */
async function isWanted(io: CommandIo, plan: SyncPlan, options: Options): Promise<boolean> {
  if (options.plan && options.json) writeJson(io.stdout, plan);
  else if (!options.json) writeItems(io, plan);
  if (options.plan || plan.items.length === 0) return false;
  if (await confirm(io, "Take this into the catalog?")) return true;
  throw new MaestroError("cancelled", "nothing was done");
}

function readSide(text: string | undefined): "git" | "catalog" | null {
  if (text === undefined || text === "git" || text === "catalog") return text ?? null;
  throw new MaestroError("invalidInput", `--take is ${text}: say git or catalog`);
}

function tellDone(io: CommandIo, done: SyncPlan, { json, yes }: Options): void {
  if (json) writeJson(io.stdout, done);
  else {
    if (yes) writeItems(io, done);
    const { length } = done.applied;
    io.stdout.write(
      `${length} ${length === 1 ? "table was" : "tables were"} taken into the catalog\n`,
    );
  }
  const isLeft = done.items.some(({ name }) => !done.applied.includes(name));
  if (isLeft) io.setExitCode?.(1);
}

const marks = { create: "+", update: "~", remove: "-", conflict: "!", refused: "!" } as const;

function writeItems({ stdout }: CommandIo, { head, items }: SyncPlan): void {
  stdout.write(`the branch is at ${head?.slice(0, 12) ?? "no commit yet"}\n`);
  for (const { action, name, detail } of items) {
    stdout.write(`${marks[action]} ${name}  ${action}${detail ? `: ${detail}` : ""}\n`);
  }
  if (items.length === 0) stdout.write("there is nothing to take\n");
}
