import type { SchedulerVersionView } from "../../../shared/scheduler-view.ts";
import { selectVersions } from "../../db/schedulers.ts";
import type { Deps } from "../deps.ts";
import { requireScheduler } from "./require-scheduler.ts";

/** The specifications that a scheduler has had, the newest first. */
export async function listVersions(
  deps: Pick<Deps, "db">,
  name: string,
  limit = 100,
): Promise<SchedulerVersionView[]> {
  const { id } = await requireScheduler(deps.db, name);
  return selectVersions(deps.db, id, { limit });
}
