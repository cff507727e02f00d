import type { SchedulerView } from "../../../shared/scheduler-view.ts";
import { selectSchedulerViews } from "../../db/schedulers.ts";
import type { Deps } from "../deps.ts";

/** By name. */
export function listSchedulers(deps: Pick<Deps, "db">): Promise<SchedulerView[]> {
  return selectSchedulerViews(deps.db);
}
