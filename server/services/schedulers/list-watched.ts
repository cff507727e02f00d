import { selectSchedulerIds } from "../../db/watching.ts";
import type { Deps } from "../deps.ts";

/** Every scheduler has one watcher. */
export function listWatched(deps: Pick<Deps, "db">): Promise<{ id: number; name: string }[]> {
  return selectSchedulerIds(deps.db);
}
