import type { TableRunView } from "../../../shared/run.ts";
import { atOneMoment } from "../../db/one-moment.ts";
import { selectRun, selectTableRunWithCauses } from "../../db/runs.ts";
import { describeTableRun } from "../../domain/describe-table-runs.ts";
import type { Deps } from "../deps.ts";
import { explainWaits } from "./explain-waits.ts";

/** One table run alone, with its reason; null where there is none. Reads no more than its parents. */
export function explainTableRun(
  { db, limits }: Pick<Deps, "db" | "limits">,
  id: number,
): Promise<(TableRunView & { runId: number }) | null> {
  return atOneMoment(db, (tx) => explainAtMoment({ db: tx, limits }, id));
}

async function explainAtMoment(
  deps: Pick<Deps, "db" | "limits">,
  id: number,
): Promise<(TableRunView & { runId: number }) | null> {
  const rows = await selectTableRunWithCauses(deps.db, id);
  const row = rows.find((each) => each.id === id);
  const run = row ? await selectRun(deps.db, row.runId) : null;
  if (!row || !run) return null;
  const waits = row.endedAt === null ? await explainWaits(deps, { ids: [id] }) : new Map();
  const byId = new Map(rows.map((each) => [each.id, each]));
  const view = describeTableRun(row, { run, byId, waits, drawnIn: new Map() });
  return { ...view, runId: row.runId };
}
