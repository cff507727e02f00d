import { type SQL, sql } from "drizzle-orm";
import type { Deps } from "../deps.ts";

export interface WorkCount extends Record<string, unknown> {
  noun: "run" | "table_run" | "job" | "transfer";
  state: string;
  count: number;
}

/** Unfinished work by state, and what ended within the last hour; for the metrics. */
export async function countWork(deps: Pick<Deps, "db">): Promise<WorkCount[]> {
  const { rows } = await deps.db.execute<WorkCount>(sql`
    ${countOf("run", sql`runs`, sql`state = 'running'`)}
    union all
    ${countOf("table_run", sql`table_runs`, sql`state in ('waiting', 'ready', 'running')`)}
    union all
    ${countOf("job", sql`jobs`, sql`state in ('pending', 'running')`)}
    union all
    ${countOf("transfer", sql`transfers`, sql`state in ('queued', 'running')`)}`);
  return rows;
}

/**
 * What is unfinished and what has ended are two states apart, so each half has its own index: the
 * partial one of the unfinished and the one on `ended_at`. Years of history are not read.
 */
function countOf(noun: WorkCount["noun"], table: SQL, unfinished: SQL): SQL {
  return sql`
    select ${noun}::text as noun, state, count(*)::int as count from ${table}
    where ${unfinished} group by state
    union all
    select ${noun}::text, state, count(*)::int from ${table}
    where ended_at > now() - interval '1 hour' and not (${unfinished}) group by state`;
}
