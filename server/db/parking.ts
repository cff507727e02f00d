import { eq, sql } from "drizzle-orm";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import type { CloudPlace } from "../../shared/cloud.ts";
import type { TableDefinition, TableKind } from "../../shared/table.ts";
import type { ParkedStep } from "../../shared/table-run-step.ts";
import type { TransferState } from "../../shared/transfer.ts";
import type { Db } from "./client.ts";
import { parkedList } from "./steps.ts";
import type { Transition } from "./transition.ts";

/*
 * Table runs that wait for a room or a person: running, at a parked step, without a lease. Nobody drives
 * them; whoever pulses next sees that the transfer has ended or that the files are there. What was
 * imported or uploaded is turned to `load`, still without a lease, to be claimed as soon as a slot is
 * free; what was delivered is done, or goes on to its next delivery.
 */

export interface Parked {
  id: number;
  runId: number;
  tableId: number;
  step: ParkedStep;
}

/** Starts what is ready for a parked step: it needs no slot, but its table to itself. */
export function parkReady(transition: Transition): Promise<Parked[]> {
  return transition.query<Parked>(
    "park ready",
    `with picked as (
       select distinct on (t.table_id) t.id
       from runs r join table_runs t on t.run_id = r.id
       where r.ended_at is null and t.state = 'ready' and t.step = any(${parkedList})
         and not exists (
           select from table_runs b where b.state = 'running' and b.table_id = t.table_id)
       order by t.table_id, t.id
     ), locked as (
       select t.id from table_runs t join picked p on p.id = t.id
       order by t.id for update of t skip locked
     ), parked as (
       update table_runs t
       set state = 'running', fence = t.fence + 1, lease_owner = null, lease_until = null,
         started_at = clock_timestamp(),
         reason = case when t.step = 'upload' then jsonb_build_object('code', 'waitingForUpload',
           'text', 'waits for its files to be uploaded') end
       from locked l where t.id = l.id
       returning t.id, t.run_id, t.table_id, t.step, t.priority, t.remaining_seconds
     )
     select id::float8 as id, run_id::float8 as "runId", table_id::float8 as "tableId", step
     from parked order by priority desc, remaining_seconds desc, id`,
    [],
  );
}

/** Turns those whose files are staged to their load. */
export function turnToLoad(
  transition: Transition,
): Promise<{ id: number; runId: number; tableId: number }[]> {
  return transition.query(
    "turn to load",
    `update table_runs t
     set step = 'load', reason = null,
       staged_objects = case t.step when 'upload' then t.staged_objects else array(
         select jsonb_array_elements_text(x.result -> 'objects') from transfers x
         where x.table_run_id = t.id and x.kind = 'import') end
     where t.state = 'running' and t.lease_owner is null and (
       (t.step = 'upload' and t.staged_objects <> '{}')
       or (t.step = 'import' and exists (
         select from transfers x
         where x.table_run_id = t.id and x.kind = 'import' and x.state = 'succeeded')))
     returning t.id::float8 as id, t.run_id::float8 as "runId", t.table_id::float8 as "tableId"`,
    [],
  );
}

export interface Delivered {
  id: number;
  fence: number;
  step: ParkedStep;
  definition: TableDefinition;
  rows: number;
  /** Whether the table run has made the table's contents too. */
  hasMade: boolean;
}

/** Those whose export or sheet is done. */
export function selectDelivered(transition: Transition): Promise<Delivered[]> {
  return transition.query<Delivered>(
    "select delivered",
    `select t.id::float8 as id, t.fence, t.step, t.definition, x.rows::float8 as rows,
       exists (select from jobs j where j.table_run_id = t.id and j.step in ('query', 'load'))
         as "hasMade"
     from table_runs t join transfers x on x.table_run_id = t.id and x.kind = t.step
     where t.state = 'running' and t.lease_owner is null and t.step in ('export', 'sheet')
       and x.state = 'succeeded'`,
    [],
  );
}

export interface Overdue {
  id: number;
  fence: number;
  step: ParkedStep;
  /** How the transfer ended; null for an upload that did not come in time. */
  transferState: TransferState | null;
  error: string | null;
  cancelledBy: string | null;
  timeoutSeconds: number;
}

/** Those that wait in vain: the transfer failed or was cancelled, or the time for the upload is up. */
export function selectOverdue(transition: Transition): Promise<Overdue[]> {
  return transition.query<Overdue>(
    "select overdue",
    `select t.id::float8 as id, t.fence, t.step, x.state as "transferState", x.error,
       x.cancel_requested_by as "cancelledBy",
       (t.definition ->> 'externalTimeoutSeconds')::float8 as "timeoutSeconds"
     from table_runs t
     left join transfers x on x.table_run_id = t.id and x.kind = t.step
     where t.state = 'running' and t.lease_owner is null and (
       x.state in ('failed', 'cancelled')
       or (t.step = 'upload' and t.staged_objects = '{}' and t.started_at + make_interval(
         secs => (t.definition ->> 'externalTimeoutSeconds')::float8) < clock_timestamp()))`,
    [],
  );
}

/** Gives a waiting external table its files. Null where it waits for none. */
export async function storeUpload(
  transition: Transition,
  tableRunId: number,
  objects: string[],
): Promise<{ runId: number; tableId: number } | null> {
  const rows = await transition.query<{ runId: number; tableId: number }>(
    "store upload",
    `update table_runs set staged_objects = $2
     where id = $1 and step = 'upload' and state in ('waiting', 'ready', 'running')
       and staged_objects = '{}'
     returning run_id::float8 as "runId", table_id::float8 as "tableId"`,
    [tableRunId, objects],
  );
  return rows[0] ?? null;
}

/** Table runs above this one whose load has succeeded and whose staged files are still named. */
export async function selectLoaded(
  db: Db,
  afterId: number,
  limit: number,
): Promise<LoadedTableRun[]> {
  return db
    .select({
      id: tableRuns.id,
      kind: sql<TableKind>`${tableRuns.definition} ->> 'kind'`,
      stagedObjects: tableRuns.stagedObjects,
      cloud: runs.cloud,
    })
    .from(tableRuns)
    .innerJoin(runs, eq(runs.id, tableRuns.runId))
    .where(
      sql`${tableRuns.id} > ${afterId} and ${tableRuns.stagedObjects} <> '{}' and (${tableRuns.state} = 'succeeded'
        or (${tableRuns.state} in ('running', 'failed', 'cancelled') and ${tableRuns.step} in ('extract', 'stage', 'export', 'sheet')))`,
    )
    .orderBy(tableRuns.id)
    .limit(limit);
}

export interface LoadedTableRun {
  id: number;
  kind: TableKind;
  stagedObjects: string[];
  /** Where its run began; null for one of an older version. */
  cloud: CloudPlace | null;
}

export async function setStagedObjects(db: Db, id: number, names: string[]): Promise<void> {
  await db.update(tableRuns).set({ stagedObjects: names }).where(eq(tableRuns.id, id));
}
