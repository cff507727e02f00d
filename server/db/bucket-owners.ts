import { and, inArray, isNull, sql } from "drizzle-orm";
import { tableRuns } from "../../drizzle/schema/runs.ts";
import type { TableRunState } from "../../shared/run.ts";
import type { Db } from "./client.ts";
import { idArray } from "./sql-text.ts";

export interface BucketOwner {
  id: number;
  state: TableRunState;
  stagedObjects: string[];
  extractObjects: string[];
  isNewestExtract: boolean;
}

/** What is known of these table runs; those that were forgotten are missing. */
export async function selectBucketOwners(db: Db, ids: number[]): Promise<BucketOwner[]> {
  const { rows } = await db.execute<BucketOwner & Record<string, unknown>>(sql`
    select t.id::float8 as id, t.state, t.staged_objects as "stagedObjects",
      t.extract_objects as "extractObjects",
      t.state = 'succeeded'
        and exists (select from tables x where x.id = t.table_id and x.deleted_at is null)
        and not exists (
          select from table_runs n where n.table_id = t.table_id and n.id > t.id
            and n.state = 'succeeded' and n.extract_objects <> '{}') as "isNewestExtract"
    from table_runs t where t.id = any(${idArray(ids)})`);
  return rows;
}

/** Those of these objects that a table run is to load. */
export async function selectNamedUploads(db: Db, names: string[]): Promise<Set<string>> {
  const list = sql.join(
    names.map((name) => sql`${name}`),
    sql`, `,
  );
  const { rows } = await db.execute<{ name: string }>(sql`
    select distinct o.name from table_runs t cross join unnest(t.staged_objects) as o(name)
    where t.staged_objects <> '{}' and o.name in (${list})`);
  return new Set(rows.map(({ name }) => name));
}

/** Before the files go: whoever is killed in between leaves files that are swept again. */
export async function markExtractsRemoved(db: Db, ids: number[]): Promise<void> {
  await db
    .update(tableRuns)
    .set({ extractRemovedAt: sql`clock_timestamp()` })
    .where(and(inArray(tableRuns.id, ids), isNull(tableRuns.extractRemovedAt)));
}
