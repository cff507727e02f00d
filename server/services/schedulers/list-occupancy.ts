import type { OccupancyPoint } from "../../../shared/scheduler-view.ts";
import { selectOccupancy } from "../../db/occupancy.ts";
import type { Deps } from "../deps.ts";
import { requireScheduler } from "./require-scheduler.ts";

/** As many as a chart can show. */
const mostPoints = 400;

/** How many rooms were in each state within the last hours, the oldest first. */
export async function listOccupancy(
  deps: Pick<Deps, "db">,
  name: string,
  hours: number,
): Promise<OccupancyPoint[]> {
  const { id } = await requireScheduler(deps.db, name);
  return selectOccupancy(deps.db, id, { hours, points: mostPoints });
}
