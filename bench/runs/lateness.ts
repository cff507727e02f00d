import type { BenchJob, Setting } from "./setting.ts";

/** How late the end of a table run's last job was known and written. */
export interface Lateness {
  step: string;
  durationMs: number;
  lateMs: number;
}

/** Of every table run of a run; the warehouse and PostgreSQL go by one clock, this machine's. */
export async function latenessOf(
  { pool }: Setting,
  runId: number,
  jobs: BenchJob[],
): Promise<Lateness[]> {
  const { rows } = await pool.query<{ name: string; endedMs: number }>(
    `select (definition ->> 'dataset') || '.' || (definition ->> 'name') as name,
       extract(epoch from ended_at)::float8 * 1000 as "endedMs"
     from table_runs where run_id = $1`,
    [runId],
  );
  // A later job of the same table takes the place of an earlier one.
  const lastJobOf = new Map(jobs.map((job) => [job.table, job]));
  return rows.map(({ name, endedMs }) => {
    const job = lastJobOf.get(name);
    if (!job) throw new Error(`${name} ended without a job`);
    const { step, insertedAt, doneAt } = job;
    return { step, durationMs: doneAt - insertedAt, lateMs: endedMs - doneAt };
  });
}
