import type { RunDetail, TableRunView } from "../../shared/run.ts";
import { pause } from "../support/abortable.ts";
import type { Client, CommandIo } from "./client-connection.ts";
import { durationText } from "./client-output.ts";
import { createProgressLine } from "./progress-line.ts";

const pollMs = 400;
/** What shells say of a program that Ctrl-C ended. */
const interruptedCode = 130;

/**
 * Watches a run to its end. A line for each table that begins or ends; on a terminal one more line
 * below them, written over, with the numbers, or with a bar for the transfer that is under way. Silent
 * where `quiet`. Ctrl-C detaches, and says so: the run goes on, and null is answered.
 */
export async function followRun(
  io: CommandIo,
  client: Client,
  runId: number,
  options: { quiet: boolean },
): Promise<RunDetail | null> {
  const detached = new AbortController();
  const stopListening = io.onInterrupt?.(() => detached.abort());
  const shown = new Map<number, string>();
  const describeProgress = createProgressLine();
  try {
    for (;;) {
      const run = await client.runs.get.query({ id: runId });
      if (!options.quiet) writeProgress(io, run, shown, describeProgress(run));
      if (run.endedAt !== null) return run;
      await pause(pollMs, detached.signal);
      if (detached.signal.aborted) return detach(io, runId);
    }
  } finally {
    stopListening?.();
  }
}

function detach(io: CommandIo, runId: number): null {
  io.stderr.write(
    `\nrun ${runId} goes on: follow it with maestro runs show ${runId} --wait, or stop it with maestro runs cancel ${runId}\n`,
  );
  io.setExitCode?.(interruptedCode);
  return null;
}

function writeProgress(
  io: CommandIo,
  run: RunDetail,
  shown: Map<number, string>,
  progress: { line: string | null; milestones: string[] },
): void {
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
    const all = [...lines, ...progress.milestones];
    if (all.length > 0) stdout.write(`${all.join("\n")}\n`);
    return;
  }
  const clearLine = "\r\u001b[2K";
  stdout.write(`${clearLine}${lines.map((line) => `${line}\n`).join("")}`);
  if (run.endedAt === null) stdout.write(progress.line ?? summaryLine(run));
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
