import { MaestroError } from "../../../shared/errors.ts";
import type { RunDetail } from "../../../shared/run.ts";
import { atOneMoment } from "../../db/one-moment.ts";
import { selectRun, selectTableRunsOf } from "../../db/runs.ts";
import { criticalPath } from "../../domain/critical-path.ts";
import { describeTableRuns } from "../../domain/describe-table-runs.ts";
import type { Deps } from "../deps.ts";
import { explainWaits } from "../why/explain-waits.ts";

/** A run with its table runs, each with its reason. */
export function getRun(
  { db, limits }: Pick<Deps, "db" | "limits">,
  id: number,
): Promise<RunDetail> {
  return atOneMoment(db, async (tx) => {
    const run = await selectRun(tx, id);
    if (!run) throw new MaestroError("notFound", `there is no run ${id}`);
    const rows = await selectTableRunsOf(tx, id);
    const isOpen = run.endedAt === null;
    const waits = isOpen ? await explainWaits({ db: tx, limits }, { runId: id }) : new Map();
    const tableRuns = describeTableRuns(run, rows, waits);
    return { ...run, tableRuns, criticalPath: criticalPath(tableRuns) };
  });
}
