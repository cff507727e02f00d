import { type SQL, sql } from "drizzle-orm";
import type {
  RunDetail,
  RunListItem,
  RunState,
  TableRunState,
  TableRunView,
} from "../../shared/run.ts";
import { tableRunStates } from "../../shared/run.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

export interface RunFilter {
  limit: number;
  beforeId?: number | undefined;
  frequencyId?: number | undefined;
  state?: RunState | undefined;
}

/** The newest first. */
export async function listRuns(db: Db, filter: RunFilter): Promise<RunListItem[]> {
  const conditions = [
    sql`true`,
    ...(filter.beforeId === undefined ? [] : [sql`r.id < ${filter.beforeId}`]),
    ...(filter.frequencyId === undefined ? [] : [sql`r.frequency_id = ${filter.frequencyId}`]),
    ...(filter.state === undefined ? [] : [sql`r.state = ${filter.state}`]),
  ];
  return selectRuns(db, sql.join(conditions, sql` and `), filter.limit);
}

/** A run whole; null where there is none. */
export async function getRun(db: Db, id: number): Promise<RunDetail | null> {
  const [run] = await selectRuns(db, sql`r.id = ${id}`, 1);
  return run ? { ...run, tableRuns: await tableRunsOf(db, id) } : null;
}

type CountedRun = Omit<RunListItem, "counts"> & {
  counts: Partial<Record<TableRunState, number>> | null;
};

async function selectRuns(db: Db, where: SQL, limit: number): Promise<RunListItem[]> {
  const { rows } = await db.execute<CountedRun & Record<string, unknown>>(sql`
    select r.id::float8 as id, r.kind, r.frequency_id::float8 as "frequencyId",
      f.name as "frequencyName", ${isoText("r.tick_at")} as "tickAt", r.state, r.reason,
      r.reason_code as "reasonCode",
      u.email as "startedBy", ${isoText("r.created_at")} as "createdAt",
      ${isoText("r.ended_at")} as "endedAt", c.counts, coalesce(b.bytes, 0)::float8 as "bytesBilled"
    from (select * from runs r where ${where} order by r.id desc limit ${limit}) r
    left join frequencies f on f.id = r.frequency_id
    left join users u on u.id = r.started_by
    left join lateral (
      select jsonb_object_agg(state, n) as counts from (
        select state, count(*) as n from table_runs t where t.run_id = r.id group by state) s
    ) c on true
    left join lateral (
      select sum(j.bytes_billed) as bytes from table_runs t join jobs j on j.table_run_id = t.id
      where t.run_id = r.id) b on true
    order by r.id desc`);
  return rows.map((row) => ({ ...row, counts: allCounts(row.counts ?? {}) }));
}

function allCounts(counts: Partial<Record<TableRunState, number>>): Record<TableRunState, number> {
  const zero = Object.fromEntries(tableRunStates.map((state) => [state, 0]));
  return { ...(zero as Record<TableRunState, number>), ...counts };
}

/**
 * The table runs of a run, in the order they would start. Why one waits is worked out here and not
 * stored: for how many of its parents or for which other frequency, for its table, or for a slot.
 */
export async function tableRunsOf(db: Db, runId: number): Promise<TableRunView[]> {
  const { rows } = await db.execute<TableRunView & Record<string, unknown>>(sql`
    select t.id::float8 as id, t.table_id::float8 as "tableId",
      (t.definition ->> 'dataset') || '.' || (t.definition ->> 'name') as "tableName",
      t.definition ->> 'kind' as kind, t.state, t.priority, coalesce(t.reason, ${waitReason}) as reason,
      to_jsonb(t.parent_ids) as "parentIds", ${isoText("t.ready_at")} as "readyAt",
      ${isoText("t.started_at")} as "startedAt", ${isoText("t.ended_at")} as "endedAt",
      case when t.state = 'running' then t.step end as step,
      case when t.state = 'running' and x.state = 'running' then jsonb_build_object(
        'rows', x.rows, 'bytes', x.bytes, 'totalRows', x.total_rows) end as progress,
      coalesce(b.bytes, 0)::float8 as "bytesBilled", t.row_count::float8 as "rowCount"
    from table_runs t
    left join transfers x on x.table_run_id = t.id and x.kind = 'import'
    left join lateral (
      select sum(j.bytes_billed) as bytes from jobs j where j.table_run_id = t.id) b on true
    where t.run_id = ${runId}
    order by t.priority desc, t.remaining_seconds desc, t.id`);
  return rows;
}

const waitReason = sql`case
  when t.state = 'waiting' and t.awaits <> '[]' then jsonb_build_object('code', 'parentTick', 'text',
    'waits for ' || (select string_agg(a ->> 'tableName', ', ') from jsonb_array_elements(t.awaits) a)
    || ' of another frequency')
  when t.state = 'waiting' then jsonb_build_object('code', 'parentsPending', 'text',
    'waits for ' || t.pending_parents || ' of ' || cardinality(t.parent_ids)
    || case cardinality(t.parent_ids) when 1 then ' parent' else ' parents' end)
  when t.state in ('ready', 'running') and t.lease_owner is null and exists (
    select from table_runs o where o.table_id = t.table_id and o.state = 'running' and o.id <> t.id)
    then jsonb_build_object('code', 'tableBusy', 'text', 'waits for another run of the same table')
  when t.state = 'ready' or (t.state = 'running' and t.step = 'load' and t.lease_owner is null)
    then jsonb_build_object('code', 'slotsFull', 'text', 'waits for a free slot')
end`;
