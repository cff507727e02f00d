import type { SchedulerView } from "../../../shared/scheduler-view.ts";
import { selectSchedulerViews } from "../../db/schedulers.ts";
import type { Deps } from "../deps.ts";
import { fail } from "./require-scheduler.ts";

export async function getScheduler(deps: Pick<Deps, "db">, name: string): Promise<SchedulerView> {
  const [view] = await selectSchedulerViews(deps.db, name);
  return view ?? fail(name);
}
