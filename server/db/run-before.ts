import { sql } from "drizzle-orm";
import type { RunListItem } from "../../shared/run.ts";
import type { Db } from "./client.ts";

/**
 * The newest run before this one that it can be held against; null where there is none. Ticks that
 * were skipped ran nothing. Runs by hand are found by the tables that they were asked for, and looked for
 * among the runs of one of their tables, so that a long history of others is not read.
 */
export async function selectRunBefore(
  db: Db,
  { id, frequencyId, request }: Pick<RunListItem, "id" | "frequencyId" | "request">,
): Promise<number | null> {
  if (frequencyId === null && request === null) return null;
  const isLike =
    frequencyId === null
      ? sql`r.frequency_id is null
          and r.request @> ${JSON.stringify({ tables: request?.tables, tableCount: request?.tableCount })}::jsonb
          and jsonb_array_length(r.request -> 'tables') = ${request?.tables.length ?? 0}
          and r.id in (select t.run_id from table_runs t where t.table_id = (
            select min(o.table_id) from table_runs o where o.run_id = ${id}))`
      : sql`r.frequency_id = ${frequencyId}`;
  const { rows } = await db.execute<{ id: number }>(sql`
    select r.id::float8 as id from runs r
    where r.id < ${id} and r.state <> 'skipped' and ${isLike}
    order by r.id desc limit 1`);
  return rows[0]?.id ?? null;
}
