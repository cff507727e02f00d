import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import type { RunDetail } from "../../shared/run.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { durationText, writeJson } from "./client-output.ts";
import { followRun } from "./follow-run.ts";

interface RunOptions {
  withAncestors?: boolean;
  withDescendants?: boolean;
  wait?: boolean;
  json?: boolean;
}

/** `maestro run TABLE…`. */
export function createRunCommand(io: CommandIo): Command {
  return addConnectionOptions(new Command("run"))
    .description("run tables now")
    .argument("<table...>", "dataset.name of each")
    .option("--with-ancestors", "and all that they are made from")
    .option("--with-descendants", "and all that is made from them")
    .option("--wait", "watch it to its end; the exit code is then 1 unless it succeeds")
    .action((names: string[], options: RunOptions) => runTables(io, names, options));
}

async function runTables(io: CommandIo, names: string[], options: RunOptions): Promise<void> {
  const { json = false } = options;
  await withClient(io, options, async (client) => {
    const found = await Promise.all(names.map((name) => client.tables.byName.query({ name })));
    const { runId, behind } = await client.runs.start.mutate({
      kind: "tables",
      tableIds: found.map(({ id }) => id),
      withAncestors: options.withAncestors ?? false,
      withDescendants: options.withDescendants ?? false,
    });
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

/** Tells how a run ended; throws unless it succeeded, for the exit code. */
export function finishRun(io: CommandIo, run: RunDetail, json: boolean): void {
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
