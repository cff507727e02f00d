import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import { bytesText } from "../domain/words.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { durationText, instantText, writeJson, writeTable } from "./client-output.ts";

interface Options {
  table?: string;
  run?: string;
  limit: string;
  json?: boolean;
}

/** `maestro jobs list`. */
export function createJobsCommand(io: CommandIo): Command {
  const jobs = new Command("jobs").description("BigQuery's jobs");
  addConnectionOptions(jobs.command("list"))
    .description("the newest first")
    .option("--table <table>", "of this table alone")
    .option("--run <run>", "of this run alone")
    .option("--limit <count>", "how many", "20")
    .action((options: Options) => listJobs(io, options));
  return jobs;
}

async function listJobs(io: CommandIo, options: Options): Promise<void> {
  const limit = wholeNumber(options.limit, "--limit");
  const runId = options.run === undefined ? undefined : wholeNumber(options.run, "--run");
  const rows = await withClient(io, options, async (client) => {
    const { table } = options;
    const tableId = table && (await client.tables.byName.query({ name: table })).id;
    return client.jobs.list.query({
      limit,
      ...(tableId ? { tableId } : {}),
      ...(runId ? { runId } : {}),
    });
  });
  if (options.json) return writeJson(io.stdout, rows);
  const now = new Date();
  writeTable(
    io.stdout,
    ["JOB", "STEP", "TABLE", "RUN", "STATE", "STARTED (UTC)", "TOOK", "BILLED", "ERROR"],
    rows.map((job) => [
      job.bqJobId,
      job.step,
      job.tableName,
      job.runId,
      job.state,
      instantText(job.startedAt),
      durationText(job.startedAt, job.endedAt, now),
      bytesText(job.bytesBilled),
      job.error?.replaceAll(/\s+/g, " ").slice(0, 120) ?? "",
    ]),
  );
}

function wholeNumber(text: string, field: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new MaestroError("invalidInput", `${field} is ${text}: write a whole number above 0`);
}
