import { setTimeout as delay } from "node:timers/promises";
import type { RunDetail, TableRunView } from "../../shared/run.ts";
import type { Client, CommandIo } from "./client-connection.ts";
import { durationText } from "./client-output.ts";

const pollMs = 400;

/**
 * Watches a run to its end. A line for each table that begins or ends; on a terminal one more line
 * below them, with the numbers, that is written over. Silent where `quiet`.
 */
export async function followRun(
  io: CommandIo,
  client: Client,
  runId: number,
  options: { quiet: boolean },
): Promise<RunDetail> {
  const shown = new Map<number, string>();
  for (;;) {
    const run = await client.runs.get.query({ id: runId });
    if (!options.quiet) writeProgress(io, run, shown);
    if (run.endedAt !== null) return run;
    await delay(pollMs);
  }
}

function writeProgress(io: CommandIo, run: RunDetail, shown: Map<number, string>): void {
  const lines: string[] = [];
  for (const tableRun of run.tableRuns) {
    const line = tableRunLine(tableRun);
    const state = `${tableRun.state} ${tableRun.step} ${tableRun.reason.text}`;
    if (line === null || shown.get(tableRun.id) === state) continue;
    shown.set(tableRun.id, state);
    lines.push(line);
  }
  const { stdout } = io;
  if (!stdout.isTTY) {
    if (lines.length > 0) stdout.write(`${lines.join("\n")}\n`);
    return;
  }
  const clearLine = "\r\u001b[2K";
  stdout.write(`${clearLine}${lines.map((line) => `${line}\n`).join("")}`);
  if (run.endedAt === null) stdout.write(summaryLine(run));
}

/** Null where there is nothing to say yet. */
function tableRunLine(tableRun: TableRunView): string | null {
  const { state, tableName, step, reason, rowCount, startedAt, endedAt } = tableRun;
  const took = durationText(startedAt, endedAt, new Date());
  const why = `  ${reason.text}`;
  if (state === "running") {
    return `… ${tableName}  ${step ?? "begins"}${reason.code === "working" ? "" : why}`;
  }
  if (state === "succeeded") {
    return `✓ ${tableName}  ${took}${rowCount === null ? "" : `, ${rowCount} rows`}`;
  }
  if (state === "failed") return `✗ ${tableName}  ${took}${why}`;
  return state === "skipped" || state === "cancelled" ? `- ${tableName}  ${state}${why}` : null;
}

function summaryLine(run: RunDetail): string {
  const { succeeded, running, failed } = run.counts;
  const total = run.tableRuns.length;
  return `run ${run.id}: ${succeeded} of ${total} done, ${running} running, ${failed} failed`;
}
