import { sql } from "drizzle-orm";
import type { CloudPlace } from "../../shared/cloud.ts";
import type { Db } from "./client.ts";
import type { Transition } from "./transition.ts";

/*
 * Runs that ended long ago are deleted, one a transaction, by any number of daemons. Their jobs stay,
 * without what is large, because costs are summed from them.
 *
 * A run stays as long as anything is read from it: the newest tick of a frequency, which would else
 * count as missed; a table's newest run, by which it is shown; and its newest that succeeded, which
 * left its extract, its import's schema and its duration.
 */

const isOver = `ended_at < clock_timestamp() - make_interval(days => $2)`;

/** $1 the run, $2 days. */
const lockForgettable = `
  with r as (
    select id, frequency_id, tick_at from runs where id = $1 and ${isOver} for update skip locked
  )
  select from r
  where (r.tick_at is null or exists (
      select from runs n where n.frequency_id = r.frequency_id and n.tick_at > r.tick_at
        and n.tick_at < clock_timestamp()))
    and not exists (
      select from table_runs t join tables x on x.id = t.table_id
      where t.run_id = r.id and x.deleted_at is null
        and not exists (
          select from table_runs n
          where n.table_id = t.table_id and n.id > t.id and n.state = 'succeeded')
        and (t.state = 'succeeded' or not exists (
          select from table_runs n where n.table_id = t.table_id and n.id > t.id)))`;

/** Runs above this one that ended so many days ago, the first of them. */
export async function selectOldRuns(
  db: Db,
  { afterId, days, limit }: { afterId: number; days: number; limit: number },
): Promise<number[]> {
  const { rows } = await db.execute<{ id: number }>(sql`
    select id::float8 as id from runs
    where id > ${afterId}
      and ended_at < clock_timestamp() - make_interval(days => ${days}::int)
    order by id limit ${limit}`);
  return rows.map(({ id }) => id);
}

/** Imports of a run whose staged files nothing has loaded. */
export function selectStagedImports(
  transition: Transition,
  runId: number,
): Promise<{ id: number }[]> {
  return transition.query(
    "select staged imports",
    `select id::float8 as id from table_runs
     where run_id = $1 and staged_objects <> '{}' and definition ->> 'kind' = 'import'`,
    [runId],
  );
}

/** Those that staged files for an export, which its room removes where it comes to its end. */
export function selectStagedExports(
  transition: Transition,
  runId: number,
): Promise<{ id: number }[]> {
  return transition.query(
    "select staged exports",
    `select id::float8 as id from table_runs t where run_id = $1
       and exists (select from jobs j where j.table_run_id = t.id and j.step = 'stage')`,
    [runId],
  );
}

/** Whether a run may be forgotten; it is then locked until the end of the transaction. */
export async function lockToForget(
  transition: Transition,
  runId: number,
  days: number,
): Promise<boolean> {
  const rows = await transition.query("lock to forget", lockForgettable, [runId, days]);
  return rows.length > 0;
}

/** Call lockToForget first. Answers where it began; null for one of an older version. */
export async function deleteRun(transition: Transition, runId: number): Promise<CloudPlace | null> {
  await transition.query(
    "keep jobs",
    `update jobs j set table_run_id = null, configuration = '{}', statistics = '{}',
       frequency_name = (
         select f.name from runs r join frequencies f on f.id = r.frequency_id where r.id = $1)
     where j.table_run_id in (select id from table_runs where run_id = $1)`,
    [runId],
  );
  const [deleted] = await transition.query<{ cloud: CloudPlace | null }>(
    "delete run",
    "delete from runs where id = $1 returning cloud",
    [runId],
  );
  return deleted?.cloud ?? null;
}
