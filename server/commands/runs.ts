import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import { remedyFor } from "../../shared/reason.ts";
import type { RunDetail } from "../../shared/run.ts";
import { requestText } from "../../shared/run-request.ts";
import { missedText } from "../../shared/schedule-text.ts";
import { bytesText, lengthText } from "../domain/words.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { durationText, instantText, writeJson, writeTable } from "./client-output.ts";
import { followRun } from "./follow-run.ts";
import { finishRun } from "./run.ts";

interface ShowOptions {
  wait?: boolean;
  json?: boolean;
}

/** `maestro runs list|show|why|resume|cancel`. */
export function createRunsCommand(io: CommandIo): Command {
  const runs = new Command("runs").description("runs, the newest first");
  addConnectionOptions(runs.command("list"))
    .option("--limit <count>", "how many", "20")
    .description("what ran and runs")
    .action((options: { limit: string; json?: boolean }) => listRuns(io, options));
  addConnectionOptions(runs.command("show"))
    .description("one run and its tables")
    .argument("<run>", "its number")
    .option("--wait", "watch it to its end; the exit code is then 1 unless it succeeds")
    .action((id: string, options: ShowOptions) => showRun(io, idOf(id), options));
  addConnectionOptions(runs.command("why"))
    .description("the whole story of one table in a run")
    .argument("<run>", "its number")
    .argument("<table>", "dataset.name")
    .action((id: string, name: string, options: { json?: boolean }) =>
      tellTableRun(io, { runId: idOf(id), name }, options),
    );
  addConnectionOptions(runs.command("resume"))
    .description("run again what failed or was skipped, and nothing that succeeded")
    .argument("<run>", "its number")
    .action((id: string, options: { json?: boolean }) => resumeRun(io, idOf(id), options));
  addConnectionOptions(runs.command("cancel"))
    .description("cancel it, with its jobs in BigQuery")
    .argument("<run>", "its number")
    .action((id: string, options: { json?: boolean }) => cancelRun(io, idOf(id), options));
  return runs;
}

async function listRuns(io: CommandIo, options: { limit: string; json?: boolean }): Promise<void> {
  const limit = positive(options.limit, "--limit");
  const rows = await withClient(io, options, (client) => client.runs.list.query({ limit }));
  if (options.json) return writeJson(io.stdout, rows);
  const now = new Date();
  return writeTable(
    io.stdout,
    ["RUN", "WHAT", "STATE", "STARTED (UTC)", "TOOK", "DONE", "FAILED", "BILLED", "WHY"],
    rows.map((run) => [
      run.id,
      run.frequencyName ?? `by ${run.startedBy ?? "hand"}`,
      run.state,
      instantText(run.createdAt),
      durationText(run.createdAt, run.endedAt, now),
      run.counts.succeeded,
      run.counts.failed,
      bytesText(run.bytesBilled),
      cut(
        run.reason ?? (run.missed ? `${missedText(run.missed)} it` : requestText(run)),
        longestWhy,
      ),
    ]),
  );
}

/** A list's lines stay lines: `runs show` and `runs why` tell all. */
const longestWhy = 120;

function cut(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

async function showRun(io: CommandIo, id: number, options: ShowOptions): Promise<void> {
  const { json = false } = options;
  await withClient(io, options, async (client) => {
    if (options.wait) {
      return finishRun(io, await followRun(io, client, id, { quiet: json }), json);
    }
    const run = await client.runs.get.query({ id });
    if (json) return writeJson(io.stdout, run);
    return writeRun(io, run);
  });
}

function writeRun(io: CommandIo, run: RunDetail): void {
  const now = new Date();
  const by = run.startedBy ?? "hand";
  const asked = requestText(run);
  const what = run.frequencyName ?? `started by ${by}${asked === "" ? "" : ` for ${asked}`}`;
  const took = durationText(run.createdAt, run.endedAt, now);
  const state = run.isCancelling ? "being cancelled" : run.state;
  const why = run.reason === null ? "" : `: ${run.reason}`;
  io.stdout.write(`run ${run.id}, ${what}: ${state}, ${took}${why}\n`);
  if (run.missed) io.stdout.write(`${missedText(run.missed)} its tick\n`);
  for (const { action, by, at } of run.steering) {
    io.stdout.write(
      `${instantText(at)}  ${action === "cancel" ? "cancelled" : "resumed"} by ${by}\n`,
    );
  }
  const critical = new Set(run.criticalPath);
  io.stdout.write("\n");
  writeTable(
    io.stdout,
    ["TABLE", "STATE", "PRIORITY", "BELOW", "TOOK", "ROWS", "BILLED", "WHY"],
    run.tableRuns.map((tableRun) => [
      `${tableRun.tableName}${critical.has(tableRun.id) ? " *" : ""}`,
      tableRun.state,
      tableRun.priority,
      lengthText(tableRun.remainingSeconds * 1000),
      durationText(tableRun.startedAt, tableRun.endedAt, now),
      tableRun.rowCount,
      bytesText(tableRun.bytesBilled),
      tableRun.reason.text.replaceAll(/\s+/g, " "),
    ]),
  );
  io.stdout.write(
    "\n* on the path that the run's length comes from; BELOW: the longest path from a table down, as past runs took or a guess\n",
  );
}

async function tellTableRun(
  io: CommandIo,
  choice: { runId: number; name: string },
  options: { json?: boolean },
): Promise<void> {
  const told = await withClient(io, options, (client) => client.runs.tableRun.query(choice));
  if (options.json) return writeJson(io.stdout, told);
  const remedy = remedyFor(told.reason.code);
  io.stdout.write(
    `${told.tableName} in run ${told.run.id}: ${told.state}\n${told.reason.text}\n${
      remedy === null ? "" : `what to do: ${remedy}\n`
    }\n`,
  );
  const now = new Date();
  writeTable(
    io.stdout,
    ["AT (UTC)", "LASTED", "WHAT", "JOB"],
    told.story.map((line) => [
      instantText(line.at),
      line.until === null ? "" : durationText(line.at, line.until, now),
      line.text.replaceAll(/\s+/g, " "),
      line.bqJobId ?? "",
    ]),
  );
}

async function resumeRun(io: CommandIo, id: number, options: { json?: boolean }): Promise<void> {
  const resumed = await withClient(io, options, (client) => client.runs.resume.mutate({ id }));
  if (options.json) return writeJson(io.stdout, resumed);
  io.stdout.write(`run ${id} ${resumed.changed ? "is resumed" : "goes on already"}\n`);
}

async function cancelRun(io: CommandIo, id: number, options: { json?: boolean }): Promise<void> {
  const cancelled = await withClient(io, options, (client) => client.runs.cancel.mutate({ id }));
  if (options.json) return writeJson(io.stdout, cancelled);
  const { changed, state } = cancelled;
  const had = state === "running" ? "is being cancelled already" : `had ended already: ${state}`;
  io.stdout.write(`run ${id} ${changed ? "is being cancelled" : had}\n`);
}

function idOf(text: string): number {
  return positive(text, "a run's number");
}

function positive(text: string, what: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new MaestroError("invalidInput", `${text} is not ${what}: write a whole number above 0`);
}
