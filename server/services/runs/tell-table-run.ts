import { MaestroError } from "../../../shared/errors.ts";
import type { TableRunStory } from "../../../shared/run.ts";
import { atOneMoment } from "../../db/one-moment.ts";
import { selectRun, selectTableRun, selectTableRunsOf } from "../../db/runs.ts";
import { findTableRun, selectStoryFacts } from "../../db/table-run-story.ts";
import { describeTableRuns } from "../../domain/describe-table-runs.ts";
import { findDrawnIn } from "../../domain/drawn-in.ts";
import { tellStory } from "../../domain/table-run-story.ts";
import type { Deps } from "../deps.ts";
import { explainWaits } from "../why/explain-waits.ts";

/** A table run by its id, or by its run and `dataset.name`. */
export type TableRunChoice = { id: number } | { runId: number; name: string };

/** The whole story of a table run: who or what made it, all that it waited for, its jobs, its end. */
export function tellTableRun(
  { db, limits }: Pick<Deps, "db" | "limits">,
  choice: TableRunChoice,
): Promise<TableRunStory> {
  return atOneMoment(db, (tx) => tellAtMoment({ db: tx, limits }, choice));
}

async function tellAtMoment(
  deps: Pick<Deps, "db" | "limits">,
  choice: TableRunChoice,
): Promise<TableRunStory> {
  const { db } = deps;
  const { id, runId } = await choose(deps, choice);
  const run = await selectRun(db, runId);
  const rows = await selectTableRunsOf(db, runId);
  const waits = await explainWaits(deps, { ids: [id] });
  const facts = await selectStoryFacts(db, id);
  const row = rows.find((each) => each.id === id);
  const views = run ? describeTableRuns(run, rows, waits) : [];
  const view = views.find((each) => each.id === id);
  if (!run || !row || !view || !facts) {
    throw new MaestroError("notFound", `there is no table run ${id}`);
  }
  const lastParentName = views.find((each) => each.id === view.lastParentId)?.tableName ?? null;
  const drawnIn = findDrawnIn(rows).get(id);
  const subject = { run, view, asked: row.asked, drawnIn, lastParentName, limits: deps.limits };
  return { ...view, run, story: tellStory(subject, facts) };
}

async function choose({ db }: Pick<Deps, "db">, choice: TableRunChoice) {
  if ("id" in choice) {
    const found = await selectTableRun(db, choice.id);
    if (found) return found;
    throw new MaestroError("notFound", `there is no table run ${choice.id}`);
  }
  const { runId, name } = choice;
  const id = await findTableRun(db, runId, name);
  if (id !== null) return { id, runId };
  if (await selectRun(db, runId)) {
    throw new MaestroError("notFound", `run ${runId} has no table ${name}`);
  }
  throw new MaestroError("notFound", `there is no run ${runId}`);
}
