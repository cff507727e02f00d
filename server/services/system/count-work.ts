import { sql } from "drizzle-orm";
import type { Deps } from "../deps.ts";

export interface WorkCount extends Record<string, unknown> {
  noun: "run" | "table_run" | "job" | "transfer";
  state: string;
  count: number;
}

/** Unfinished work by state, and what ended within the last hour; for the metrics. */
export async function countWork(deps: Pick<Deps, "db">): Promise<WorkCount[]> {
  const recent = sql`(ended_at is null or ended_at > now() - interval '1 hour')`;
  const { rows } = await deps.db.execute<WorkCount>(sql`
    select 'run' as noun, state, count(*)::int as count from runs where ${recent} group by state
    union all
    select 'table_run', state, count(*)::int from table_runs where ${recent} group by state
    union all
    select 'job', state, count(*)::int from jobs where ${recent} group by state
    union all
    select 'transfer', state, count(*)::int from transfers where ${recent} group by state`);
  return rows;
}
