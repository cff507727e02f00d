import { MaestroError } from "../../../shared/errors.ts";
import type { RunComparison } from "../../../shared/run-comparison.ts";
import { atOneMoment } from "../../db/one-moment.ts";
import { selectRunBefore } from "../../db/run-before.ts";
import { selectRun, selectTableRunsOf } from "../../db/runs.ts";
import { compareRuns } from "../../domain/compare-runs.ts";
import type { Deps } from "../deps.ts";

/**
 * A run beside the last one before it of its frequency, or, where it is of none, beside the last one
 * that was asked for the same tables; or beside the one that is named.
 */
export function compareWithBefore(
  { db }: Pick<Deps, "db">,
  id: number,
  withId?: number,
): Promise<RunComparison> {
  return atOneMoment(db, async (tx) => {
    const run = await selectRun(tx, id);
    if (!run) throw new MaestroError("notFound", `there is no run ${id}`);
    const beforeId = withId ?? (await selectRunBefore(tx, run));
    if (beforeId === null) return { run, before: null, tables: [] };
    const before = await selectRun(tx, beforeId);
    if (!before) throw new MaestroError("notFound", `there is no run ${beforeId} to compare with`);
    const tables = compareRuns(
      await selectTableRunsOf(tx, id),
      await selectTableRunsOf(tx, beforeId),
    );
    return { run, before, tables };
  });
}
