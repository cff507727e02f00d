import type { BenchTable } from "./graphs.ts";
import type { BenchJob } from "./setting.ts";

/** Throws unless the warehouse took one job for each table, and none before its parents' jobs ended. */
export function verifyJobs(tables: BenchTable[], jobs: BenchJob[]): void {
  if (jobs.length !== tables.length) {
    throw new Error(`${jobs.length} jobs for ${tables.length} tables`);
  }
  const jobOf = new Map(jobs.map((job) => [job.table.slice(job.table.indexOf(".") + 1), job]));
  for (const { name, parents } of tables) {
    const job = jobOf.get(name);
    if (!job) throw new Error(`${name} had no job, and another table two`);
    for (const parent of parents) {
      if (job.insertedAt < (jobOf.get(parent)?.doneAt ?? Number.POSITIVE_INFINITY)) {
        throw new Error(`${name} began before ${parent} had ended`);
      }
    }
  }
}
