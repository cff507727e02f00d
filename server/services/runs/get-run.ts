import { MaestroError } from "../../../shared/errors.ts";
import type { RunDetail } from "../../../shared/run.ts";
import { selectRun, selectTableRunsOf } from "../../db/runs.ts";
import { criticalPath } from "../../domain/critical-path.ts";
import { describeTableRuns } from "../../domain/describe-table-runs.ts";
import type { Deps } from "../deps.ts";
import { explainWaits } from "../why/explain-waits.ts";

/** A run with its table runs, each with its reason. */
export async function getRun(deps: Pick<Deps, "db" | "limits">, id: number): Promise<RunDetail> {
  const run = await selectRun(deps.db, id);
  if (!run) throw new MaestroError("notFound", `there is no run ${id}`);
  const rows = await selectTableRunsOf(deps.db, id);
  const waits = run.endedAt === null ? await explainWaits(deps, { runId: id }) : new Map();
  const tableRuns = describeTableRuns(run, rows, waits);
  return { ...run, tableRuns, criticalPath: criticalPath(tableRuns) };
}
