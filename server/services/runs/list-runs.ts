import type { RunListItem } from "../../../shared/run.ts";
import type { RunFilter } from "../../../shared/run-filter.ts";
import { listRuns as selectRuns } from "../../db/runs.ts";
import type { Deps } from "../deps.ts";

/** The newest first; the next page has the runs before the last one's id. */
export function listRuns(
  deps: Pick<Deps, "db">,
  filter: RunFilter & { limit: number; beforeId?: number | undefined },
): Promise<RunListItem[]> {
  return selectRuns(deps.db, filter);
}
