import { selectUnreadJobs, type UnreadJob } from "../../db/job-statistics.ts";
import type { Deps } from "../deps.ts";

/** The oldest of the jobs whose statistics nobody has stored yet. */
export function listUnreadJobs({ db }: Pick<Deps, "db">, limit: number): Promise<UnreadJob[]> {
  return selectUnreadJobs(db, limit);
}
