import type { RunDetail, TableRunView } from "../../shared/run.ts";
import { pause } from "../support/abortable.ts";
import type { Client, CommandIo } from "./client-connection.ts";
import { durationText } from "./client-output.ts";
import { createProgressLine } from "./progress-line.ts";
import { runBoard } from "./run-board.ts";

const pollMs = 400;
/** What shells say of a program that Ctrl-C ended. */
const interruptedCode = 130;

/**
 * Watches a run to its end. On a terminal its whole graph, written over as it changes; elsewhere a line
 * for each table that begins or ends, and for each tenth of a transfer. Silent where `quiet`. Ctrl-C
 * detaches, and says so: the run goes on, and null is answered.
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
  const redraw = createDrawing(io);
  try {
    for (;;) {
      const run = await client.runs.get.query({ id: runId });
      if (!options.quiet && io.stdout.isTTY) redraw(run);
      else if (!options.quiet) writeProgress(io, run, shown, describeProgress(run));
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

/** Draws the graph of a run over what it drew before. */
function createDrawing({ stdout }: CommandIo): (run: RunDetail) => void {
  let drawn = 0;
  return (run) => {
    const { rows = 24, columns = 80 } = stdout;
    // At its end all of it is left standing.
    const mostLines = run.endedAt === null ? rows - 1 : Number.MAX_SAFE_INTEGER;
    const lines = runBoard(run, { mostLines, columns, now: new Date() });
    const back = drawn > 0 ? `\u001b[${drawn}A` : "";
    const cleared = lines.map((line) => `\u001b[2K${line}\n`).join("");
    stdout.write(`${back}${cleared}\u001b[0J`);
    drawn = lines.length;
  };
}

function writeProgress(
  { stdout }: CommandIo,
  run: RunDetail,
  shown: Map<number, string>,
  milestones: string[],
): void {
  const lines: string[] = [];
  for (const tableRun of run.tableRuns) {
    const line = tableRunLine(tableRun);
    const state = `${tableRun.state} ${tableRun.step} ${tableRun.reason.text}`;
    if (line === null || shown.get(tableRun.id) === state) continue;
    shown.set(tableRun.id, state);
    lines.push(line);
  }
  const all = [...lines, ...milestones];
  if (all.length > 0) stdout.write(`${all.join("\n")}\n`);
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
