import { type SQL, sql } from "drizzle-orm";
import type {
  AwaitedTick,
  Reason,
  RunFigures,
  RunListItem,
  TableRunState,
  TableRunView,
} from "../../shared/run.ts";
import { tableRunStates } from "../../shared/run.ts";
import type { RunFilter } from "../../shared/run-filter.ts";
import type { Db } from "./client.ts";
import { figuresOfRun } from "./run-figures.ts";
import { isoText } from "./sql-text.ts";

/** The newest first; `beforeId` goes on where the page before ended. */
export function listRuns(
  db: Db,
  filter: RunFilter & { limit: number; beforeId?: number | undefined },
): Promise<RunListItem[]> {
  const { limit, beforeId, frequencyId, state, kind, startedBy, table, from, to } = filter;
  const conditions = [
    sql`true`,
    beforeId ? sql`r.id < ${beforeId}` : undefined,
    frequencyId ? sql`r.frequency_id = ${frequencyId}` : undefined,
    state ? sql`r.state = ${state}` : undefined,
    kind ? sql`r.kind = ${kind}` : undefined,
    startedBy ? isStartedBy(startedBy) : undefined,
    table ? hasTable(table) : undefined,
    from ? sql`r.created_at >= ${from}::timestamptz` : undefined,
    to ? sql`r.created_at < ${to}::timestamptz` : undefined,
  ].filter((condition) => condition !== undefined);
  return selectRuns(db, sql.join(conditions, sql` and `), limit);
}

function isStartedBy(part: string): SQL {
  return sql`r.started_by in (
    select u.id from users u where strpos(lower(u.email), lower(${part})) > 0)`;
}

/** Of the tables of this name, the removed ones too. */
function hasTable(name: string): SQL {
  const dot = name.indexOf(".");
  return sql`r.id in (select t.run_id from table_runs t
    join tables c on c.id = t.table_id join datasets d on d.id = c.dataset_id
    where d.name = ${name.slice(0, dot)} and c.name = ${name.slice(dot + 1)})`;
}

/** A run without its table runs; null where there is none. */
export async function selectRun(db: Db, id: number): Promise<RunListItem | null> {
  const [run] = await selectRuns(db, sql`r.id = ${id}`, 1);
  return run ?? null;
}

type CountedRun = Omit<RunListItem, "counts"> & Pick<RunFigures, "counts">;

async function selectRuns(db: Db, where: SQL, limit: number): Promise<RunListItem[]> {
  const { rows } = await db.execute<CountedRun & Record<string, unknown>>(sql`
    select r.id::float8 as id, r.kind, r.frequency_id::float8 as "frequencyId",
      f.name as "frequencyName", ${isoText("r.tick_at")} as "tickAt", r.missed, r.state,
      coalesce(r.reason, case r.state
        when 'failed' then (k.f #>> '{firstFailed,name}') || ': ' || (k.f #>> '{firstFailed,text}')
          || case when (k.f #> '{counts,failed}')::int > 1
            then ' (and ' || (k.f #> '{counts,failed}')::int - 1 || ' more failed)' else '' end
        when 'cancelled' then 'cancelled by ' || (select s.value ->> 'by'
          from jsonb_array_elements(r.steering) with ordinality as s(value, at)
          where s.value ->> 'action' = 'cancel' order by s.at desc limit 1)
      end) as reason,
      r.reason_code as "reasonCode", u.email as "startedBy", r.request, coalesce(r.steering, '[]') as steering,
      r.state = 'running' and r.cancel_requested_at is not null as "isCancelling",
      r.resumed_count as "resumedCount", ${isoText("r.created_at")} as "createdAt",
      ${isoText("r.ended_at")} as "endedAt", k.f -> 'counts' as counts,
      (k.f -> 'bytesBilled')::float8 as "bytesBilled"
    from (select * from runs r where ${where} order by r.id desc limit ${limit}) r
    left join frequencies f on f.id = r.frequency_id
    left join users u on u.id = r.started_by
    cross join lateral (select ${sql.raw(figuresOfRun)} as f offset 0) k
    order by r.id desc`);
  return rows.map((row) => ({ ...row, counts: allCounts(row.counts) }));
}

function allCounts(counts: Partial<Record<TableRunState, number>>): Record<TableRunState, number> {
  const zero = Object.fromEntries(tableRunStates.map((state) => [state, 0]));
  return { ...(zero as Record<TableRunState, number>), ...counts };
}

/** A table run as it is stored, without what explains it. */
export interface StoredTableRun extends Omit<TableRunView, "reason" | "lastParentId"> {
  runId: number;
  reason: Reason | null;
  asked: boolean | null;
  hasJobRunning: boolean;
  awaited: AwaitedTick[];
}

/** All table runs of a run, in the order in which they would start. */
export function selectTableRunsOf(db: Db, runId: number): Promise<StoredTableRun[]> {
  return selectTableRuns(db, sql`t.run_id = ${runId}`);
}

/** The run that a table run belongs to. */
export async function selectTableRun(
  db: Db,
  id: number,
): Promise<{ id: number; runId: number } | null> {
  const { rows } = await db.execute<{ id: number; runId: number }>(sql`
    select id::float8 as id, run_id::float8 as "runId" from table_runs where id = ${id}`);
  return rows[0] ?? null;
}

/** A table run with its parents, and with that which it was skipped for. */
export function selectTableRunWithCauses(db: Db, id: number): Promise<StoredTableRun[]> {
  return selectTableRuns(
    db,
    sql`t.id in (select unnest(c.id || c.parent_ids || (c.reason ->> 'tableRunId')::bigint)
      from table_runs c where c.id = ${id})`,
  );
}

/** A definition is long and is unpacked whole for each field: `d` unpacks it once. */
async function selectTableRuns(db: Db, where: SQL): Promise<StoredTableRun[]> {
  const { rows } = await db.execute<StoredTableRun & Record<string, unknown>>(sql`
    select t.id::float8 as id, t.run_id::float8 as "runId", t.table_id::float8 as "tableId",
      d.dataset || '.' || d.name as "tableName", d.kind, t.state, t.priority,
      t.remaining_seconds as "remainingSeconds", t.reason, to_jsonb(t.parent_ids) as "parentIds",
      ${isoText("t.ready_at")} as "readyAt", ${isoText("t.started_at")} as "startedAt",
      ${isoText("least(x.started_at, j.began_at)")} as "workedAt", ${isoText("t.ended_at")} as "endedAt",
      case when t.state = 'running' then t.step end as step,
      (select jsonb_build_object('rows', p.rows, 'bytes', p.bytes, 'totalRows', p.total_rows)
       from transfers p where p.table_run_id = t.id and p.kind = t.step and p.state = 'running'
         and t.state = 'running') as progress,
      coalesce(j.bytes, 0)::float8 as "bytesBilled", t.row_count::float8 as "rowCount",
      coalesce(j.attempts, 0) as attempts, coalesce(j.is_running, false) as "hasJobRunning", t.asked, coalesce(t.awaited, t.awaits) as awaited
    from table_runs t
    cross join lateral jsonb_to_record(t.definition) as d(dataset text, name text, kind text)
    left join transfers x on x.table_run_id = t.id and x.kind = 'import'
    left join lateral (
      select sum(j.bytes_billed) as bytes, max(j.attempt) as attempts,
        bool_or(j.state = 'running') as is_running,
        min(j.created_at) filter (where j.created_at >= t.started_at) as began_at
      from jobs j where j.table_run_id = t.id) j on true
    where ${where}
    order by t.priority desc, t.remaining_seconds desc, t.id`);
  return rows;
}
