import { sql } from "drizzle-orm";
import type { CloudPlace } from "../../shared/cloud.ts";
import {
  keptAttempts,
  type NotificationAttempt,
  type NotificationState,
  type NotificationView,
} from "../../shared/notification.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { keptJson } from "../../shared/text.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";
import type { Transition } from "./transition.ts";

/*
 * The notifications of completed tables: written with the completion, so that it is told at least once,
 * or has not happened.
 *
 * queued: the oldest of a table and URL is due at `next_attempt_at`; those behind it wait, so that a
 * receiver is told in order. Whoever takes it counts the attempt and holds a lease; the POST happens
 * outside of any transaction, and its outcome is written by who still has the number of the attempt.
 * Killed before the POST or after it, somebody else takes it when the lease is over: told twice perhaps,
 * under the same event id, and never not at all.
 * delivered, failed: ended. `send again` makes it queued.
 */

/** Days that nobody takes it until it is given up. */
const lifeDays = 1;

/** For each URL of those that name some; table runs that have been written succeeded. */
export async function insertNotifications(
  transition: Transition,
  tableRunIds: number[],
): Promise<void> {
  await transition.query(
    "insert notifications",
    `insert into notifications (table_run_id, table_id, url, host, next_attempt_at, give_up_at)
     select t.id, t.table_id, u.url, coalesce(substring(u.url from '^[a-zA-Z]+://([^/?#]*)'), ''),
       clock_timestamp(), clock_timestamp() + make_interval(days => ${lifeDays})
     from table_runs t, jsonb_array_elements_text(t.definition -> 'notifyUrls') as u(url)
     where t.id = any($1) and t.state = 'succeeded'
     order by t.id
     on conflict do nothing`,
    [tableRunIds],
  );
}

/** One that was taken, with what its body is made of. */
export interface DueNotification extends Record<string, unknown> {
  id: number;
  url: string;
  /** This one counted. */
  attempt: number;
  tableId: number;
  tableRunId: number;
  runId: number;
  dataset: string;
  name: string;
  /** When the table was complete: an ISO instant. */
  completedAt: string;
  rowCount: number | null;
  /** Names in the bucket. */
  objects: string[];
  schema: FieldSchema[] | null;
  /** Where its run began; null for one of an older version. */
  cloud: CloudPlace | null;
}

/** Takes those that are due: the oldest of each table and URL, and of one host no more than `perHost`. */
export async function claimDueNotifications(
  db: Db,
  { limit, perHost, leaseSeconds }: { limit: number; perHost: number; leaseSeconds: number },
): Promise<DueNotification[]> {
  const { rows } = await db.execute<DueNotification>(sql`
    with oldest as (
      select distinct on (table_id, url) id, host, next_attempt_at, lease_until
      from notifications where state = 'queued' order by table_id, url, id
    ), busy as (
      select host, count(*) as n from oldest where lease_until > clock_timestamp() group by host
    ), due as (
      select o.id, o.next_attempt_at,
        row_number() over (partition by o.host order by o.next_attempt_at, o.id)
          + coalesce(b.n, 0) as place
      from oldest o left join busy b on b.host = o.host
      where o.next_attempt_at <= clock_timestamp()
        and (o.lease_until is null or o.lease_until <= clock_timestamp())
    ), chosen as (
      select n.id from notifications n join due on due.id = n.id
      where due.place <= ${perHost} and n.state = 'queued'
        and (n.lease_until is null or n.lease_until <= clock_timestamp())
      order by due.next_attempt_at, n.id limit ${limit} for update of n skip locked
    ), taken as (
      update notifications n set attempt_count = n.attempt_count + 1,
        lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}::int)
      from chosen where n.id = chosen.id returning n.*
    )
    select n.id::float8 as id, n.url, n.attempt_count as attempt, n.table_id::float8 as "tableId",
      n.table_run_id::float8 as "tableRunId", t.run_id::float8 as "runId",
      t.definition ->> 'dataset' as dataset, t.definition ->> 'name' as name,
      ${isoText("coalesce(t.ended_at, n.created_at)")} as "completedAt",
      t.row_count::float8 as "rowCount", t.extract_objects as objects, n.schema, r.cloud
    from taken n join table_runs t on t.id = n.table_run_id join runs r on r.id = t.run_id
    order by n.id`);
  return rows;
}

export async function storeNotifiedSchema(
  db: Db,
  id: number,
  schema: FieldSchema[],
): Promise<void> {
  await db.execute(
    sql`update notifications set schema = ${keptJson(schema)}::jsonb where id = ${id} and schema is null`,
  );
}

/**
 * Writes how an attempt ended. One that failed is due again after `pauseSeconds`, or failed where its
 * time is up. Null: another has been begun since.
 */
export async function settleNotification(
  db: Db,
  { id, attempt }: Pick<DueNotification, "id" | "attempt">,
  { pauseSeconds, ...told }: NotificationAttempt & { pauseSeconds: number },
): Promise<NotificationState | null> {
  const { rows } = await db.execute<{ state: NotificationState }>(sql`
    with ended as (
      select case when ${told.error}::text is null then 'delivered'
        when give_up_at <= clock_timestamp() then 'failed' else 'queued' end as state
      from notifications where id = ${id}
    )
    update notifications n set state = ended.state, lease_until = null,
      next_attempt_at = clock_timestamp() + make_interval(secs => ${pauseSeconds}::float8),
      ended_at = case when ended.state <> 'queued' then clock_timestamp() end,
      attempts = (
        select coalesce(jsonb_agg(a.value order by a.at), '[]')
        from jsonb_array_elements(n.attempts || ${keptJson([told])}::jsonb) with ordinality as a(value, at)
        where a.at > jsonb_array_length(n.attempts) + 1 - ${keptAttempts}::int)
    from ended where n.id = ${id} and n.attempt_count = ${attempt}
    returning n.state`);
  return rows[0]?.state ?? null;
}

/** An attempt under way is left to its end. */
export async function queueAgain(db: Db, id: number): Promise<void> {
  await db.execute(sql`
    update notifications set state = 'queued', ended_at = null,
      next_attempt_at = clock_timestamp(),
      give_up_at = clock_timestamp() + make_interval(days => ${lifeDays}::int)
    where id = ${id}`);
}

export interface NotificationFilter {
  tableId?: number | undefined;
  state?: NotificationState | undefined;
  id?: number | undefined;
  limit: number;
}

/** The newest first. */
export async function selectNotifications(
  db: Db,
  { tableId, state, id, limit }: NotificationFilter,
): Promise<Omit<NotificationView, "eventId">[]> {
  const { rows } = await db.execute<
    Omit<NotificationView, "eventId"> & Record<string, unknown>
  >(sql`
    select n.id::float8 as id, n.table_id::float8 as "tableId",
      (t.definition ->> 'dataset') || '.' || (t.definition ->> 'name') as "tableName",
      t.run_id::float8 as "runId", n.table_run_id::float8 as "tableRunId", n.url, n.state,
      n.attempts, n.attempt_count as "attemptCount", ${isoText("n.created_at")} as "createdAt",
      case when n.state = 'queued' then ${isoText("n.next_attempt_at")} end as "nextAttemptAt",
      ${isoText("n.ended_at")} as "endedAt"
    from notifications n join table_runs t on t.id = n.table_run_id
    where n.table_id is not null
      and (${tableId ?? null}::bigint is null or n.table_id = ${tableId ?? null}::bigint)
      and (${state ?? null}::text is null or n.state = ${state ?? null})
      and (${id ?? null}::bigint is null or n.id = ${id ?? null}::bigint)
    order by n.id desc limit ${limit}`);
  return rows;
}

/** Deletes what ended so many days ago. */
export async function forgetNotifications(db: Db, days: number): Promise<void> {
  await db.execute(sql`
    delete from notifications
    where ended_at < clock_timestamp() - make_interval(days => ${days}::int)`);
}
