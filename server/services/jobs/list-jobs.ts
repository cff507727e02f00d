import type { JobView } from "../../../shared/job.ts";
import { type JobFilter, listJobs as selectJobs } from "../../db/jobs.ts";
import type { Deps } from "../deps.ts";

/** The newest first. */
export function listJobs(deps: Pick<Deps, "db">, filter: JobFilter): Promise<JobView[]> {
  return selectJobs(deps.db, filter);
}
