import { processTooLarge } from "./job-limits.ts";
import type { JobRunner } from "./job-runner.ts";

/** What the process may take beside the memory of its queries, in MiB. */
const besideMb = 700;
const periodMs = 50;
/** How long a job that was stopped may take to give its memory back before the next is stopped. */
const patienceMs = 2_000;

/**
 * Keeps the process within its bound: the memory of the queries and `besideMb`.
 *
 * DuckDB keeps its limit with the blocks that it counts, which are those of tables, joins,
 * aggregates and sorts. Lists and texts in the making are not among them, nor is what JavaScript
 * holds. So the memory that the process really has is looked at, and when it is beyond the bound the
 * job that has run longest is stopped; if that does not help, the next one.
 */
export function startMemoryGuard(
  runner: Pick<JobRunner, "running" | "stopJob">,
  memoryMb: number,
  residentBytes: () => number = process.memoryUsage.rss,
): { stop(): void } {
  const bound = (memoryMb + besideMb) * 2 ** 20;
  let patientUntil = 0;
  const timer = setInterval(() => {
    const bytes = residentBytes();
    if (bytes <= bound || Date.now() < patientUntil) return;
    const [job] = runner.running().filter(({ stop }) => stop === null);
    if (!job) return;
    runner.stopJob(job, processTooLarge(bytes, memoryMb));
    patientUntil = Date.now() + patienceMs;
  }, periodMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
