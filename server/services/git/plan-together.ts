import type { SyncPlan } from "../../../shared/git.ts";
import type { PlannedTable } from "../../../shared/table-file.ts";
import { asksFirst } from "../../../shared/table-plan.ts";
import type { GitBranch } from "../../connectors/git.ts";
import { effectsOf } from "../../domain/plan-text.ts";
import { planFiles } from "../files/plan-files.ts";
import { readBranchFile, readTextsOf } from "./branch-tables.ts";
import type { GitDeps } from "./git-remote.ts";
import { allRights } from "./sync-branch.ts";

/** A plan of a sync, with what its changes mean for other tables, where all of them are taken in. */
export async function withEffects(
  deps: GitDeps,
  branch: GitBranch,
  plan: SyncPlan,
): Promise<SyncPlan> {
  const changed = plan.items.filter(({ action }) => action === "update");
  const paths = changed.map(({ name }) => `tables/${name.replace(".", "/")}`);
  const texts = await readTextsOf(branch, paths);
  const files = paths.map((path) => readBranchFile(branch, path, texts));
  const planned = await planFiles(deps, files, allRights, { withPlans: true });
  const found = new Map(planned.map((table) => [table.name, table]));
  const items = plan.items.map((item) => ({ ...item, ...effectsOn(item, found.get(item.name)) }));
  return { ...plan, items };
}

function effectsOn({ detail }: { detail: string }, planned: PlannedTable | undefined) {
  const plan = planned?.plan;
  if (!plan || !asksFirst(plan)) return {};
  return { asks: true, detail: [detail, ...effectsOf(plan)].join("; ") };
}
