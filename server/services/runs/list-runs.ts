import type { RunListItem } from "../../../shared/run.ts";
import { type RunFilter, listRuns as selectRuns } from "../../db/runs.ts";
import type { Deps } from "../deps.ts";

/** The newest first. */
export function listRuns(deps: Pick<Deps, "db">, filter: RunFilter): Promise<RunListItem[]> {
  return selectRuns(deps.db, filter);
}
