import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { idArray } from "./sql-text.ts";

/**
 * Those of the failed runs that nobody has to look at any more: each table that did not succeed in
 * them has succeeded since, or is no table of the catalog any more. A table says itself when that was,
 * unless it was locked then, or has only been delivered: then its newer runs do, and not its whole history.
 */
export async function selectMendedRuns(db: Db, runIds: readonly number[]): Promise<Set<number>> {
  const { rows } = await db.execute<{ id: number }>(sql`
    select r.id from unnest(${idArray(runIds)}) r (id)
    where not exists (
      select from table_runs broken join tables t on t.id = broken.table_id
      where broken.run_id = r.id and broken.state <> 'succeeded' and t.deleted_at is null
        and coalesce(t.last_ok_at <= broken.ended_at, true)
        and not exists (
          select from table_runs later
          where later.table_id = broken.table_id and later.id > broken.id
            and later.state = 'succeeded' and later.ended_at > broken.ended_at
        )
    )`);
  return new Set(rows.map(({ id }) => Number(id)));
}
