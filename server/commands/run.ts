import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import type { RunDetail, RunSelection } from "../../shared/run.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { durationText, writeJson } from "./client-output.ts";
import { followRun } from "./follow-run.ts";

interface RunOptions {
  frequency?: string;
  withAncestors?: boolean;
  withDescendants?: boolean;
  wait?: boolean;
  json?: boolean;
}

/** `maestro run TABLE…` and `maestro run --frequency NAME`. */
export function createRunCommand(io: CommandIo): Command {
  return addConnectionOptions(new Command("run"))
    .description("run tables now, or all tables of a frequency")
    .argument("[table...]", "dataset.name of each")
    .option("--frequency <name>", "all tables of this frequency, whatever their conditions say")
    .option("--with-ancestors", "and all that they are made from")
    .option("--with-descendants", "and all that is made from them")
    .option("--wait", "watch it to its end; the exit code is then 1 unless it succeeds")
    .action((names: string[], options: RunOptions) => startRun(io, names, options));
}

async function startRun(io: CommandIo, names: string[], options: RunOptions): Promise<void> {
  const { json = false } = options;
  assertOneChoice(names, options);
  await withClient(io, options, async (client) => {
    const selection = await selectionOf(client, names, options);
    const { runId, behind } = await client.runs.start.mutate(selection);
    if (behind.length > 0 && !json) {
      const others =
        behind.length === 1 ? `run ${behind[0]} holds` : `runs ${behind.join(", ")} hold`;
      io.stdout.write(`${others} some of the same tables: those wait for their turn\n`);
    }
    if (!options.wait) {
      if (json) return writeJson(io.stdout, { runId, behind });
      io.stdout.write(
        `run ${runId} is started; follow it with maestro runs show ${runId} --wait\n`,
      );
      return;
    }
    finishRun(io, await followRun(io, client, runId, { quiet: json }), json);
  });
}

function assertOneChoice(names: string[], options: RunOptions): void {
  const refuse = (message: string) => new MaestroError("invalidInput", message);
  if (options.frequency === undefined) {
    if (names.length > 0) return;
    throw refuse("name what to run: tables as dataset.name, or --frequency and its name");
  }
  if (names.length > 0) {
    const rest = `without ${names.join(", ")}, or the tables without --frequency`;
    throw refuse(`--frequency runs its own tables: start it ${rest}`);
  }
  if (options.withAncestors || options.withDescendants) {
    const flag = options.withAncestors ? "--with-ancestors" : "--with-descendants";
    throw refuse(`${flag} goes with named tables: leave it out, or name tables`);
  }
}

async function selectionOf(
  client: Client,
  names: string[],
  { frequency, withAncestors = false, withDescendants = false }: RunOptions,
): Promise<RunSelection> {
  if (frequency !== undefined) {
    const { id } = await client.frequencies.byName.query({ name: frequency });
    return { kind: "frequency", frequencyId: id };
  }
  const found = await Promise.all(names.map((name) => client.tables.byName.query({ name })));
  const tableIds = found.map(({ id }) => id);
  return { kind: "tables", tableIds, withAncestors, withDescendants };
}

/** Tells how a run ended, or nothing of one that goes on; throws unless it succeeded, for the exit code. */
export function finishRun(io: CommandIo, run: RunDetail | null, json: boolean): void {
  if (run === null) return;
  if (json) writeJson(io.stdout, run);
  const { failed, skipped, succeeded } = run.counts;
  const took = durationText(run.createdAt, run.endedAt, new Date());
  if (run.state !== "succeeded") {
    const code = run.state === "cancelled" ? "cancelled" : "warehouse";
    const counts = `${succeeded} succeeded, ${failed} failed, ${skipped} skipped`;
    throw new MaestroError(code, `run ${run.id} ended ${run.state} after ${took}: ${counts}`);
  }
  if (!json) io.stdout.write(`run ${run.id} succeeded: ${succeeded} tables in ${took}\n`);
}
