import type { JobResult } from "../context.ts";
import type { JobDocument, ScriptResult } from "../job-resource.ts";
import type { Frame } from "./frames.ts";
import { runFrame } from "./run-statements.ts";
import type { ScriptJob } from "./script-job.ts";
import { ScriptSession } from "./script-session.ts";
import type { ScriptText } from "./script-text.ts";

/** Runs a script from its beginning, and answers what its job is to say. Throws what ends it. */
export async function executeScript(job: ScriptJob, script: ScriptText): Promise<JobResult> {
  try {
    return await runToEnd(job, script);
  } catch (error) {
    const { record } = job.host;
    // What it has done until then is told all the same.
    const statistics = { ...record.document.statistics, ...job.children.totals(script) };
    record.document = { ...record.document, statistics };
    throw error;
  }
}

async function runToEnd(job: ScriptJob, script: ScriptText): Promise<JobResult> {
  const session = new ScriptSession(job);
  const frame: Frame = {
    source: script.sql,
    name: "",
    variables: new Map(),
    bound: null,
    caller: null,
    depth: 0,
  };
  await runFrame(session, frame, script.statements);
  // BigQuery rolls back what a script has left open.
  await job.endTransaction("rollback");
  const statistics = job.children.totals(script);
  const last = job.children.done.findLast(isStatement);
  return { statistics, lastResult: last ? resultOf(last) : {} };
}

function isStatement({ statistics, outcome }: JobDocument): boolean {
  const script = statistics["scriptStatistics"] as { evaluationKind?: string } | undefined;
  return script?.evaluationKind === "STATEMENT" && !outcome?.error;
}

function resultOf(child: JobDocument): ScriptResult {
  const query = child.configuration["query"] as Pick<ScriptResult, "destinationTable">;
  const statistics = child.statistics["query"] as Pick<ScriptResult, "numDmlAffectedRows">;
  return {
    ...(query.destinationTable ? { destinationTable: query.destinationTable } : {}),
    ...(statistics?.numDmlAffectedRows === undefined
      ? {}
      : { numDmlAffectedRows: statistics.numDmlAffectedRows }),
  };
}
