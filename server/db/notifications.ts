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
 *
 * Given up is what was refused for good so many times in a row, and what is older than a day, though not
 * before as many attempts. Where the one before it at the same address was given up, one attempt is enough:
 * nobody is held up by an address that is gone, and one that is back takes what comes next.
 */

/** Days that nobody takes it until it is given up. */
const lifeDays = 1;
/** No fewer until it is given up: a receiver that is put up anew answers 404 for a while. */
const fewestAttempts = 6;

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
  /** Answers in a row up to now by which it was refused for good. */
  refusedCount: number;
  /** An attempt at its host failed before, and none has gone well since. */
  isTroubled: boolean;
  /** The receiver has later ones already. */
  isLate: boolean;
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

interface Places {
  limit: number;
  perHost: number;
  /** For all hosts at which an attempt failed together: those that hang leave place for the rest. */
  troubledLimit: number;
  leaseSeconds: number;
}

/**
 * Takes those that are due: the oldest of each table and URL, of one host no more than `perHost`, and the
 * first of each host before the second of any.
 */
export async function claimDueNotifications(
  db: Db,
  { limit, perHost, troubledLimit, leaseSeconds }: Places,
): Promise<DueNotification[]> {
  const { rows } = await db.execute<DueNotification>(sql`
    with oldest as (
      select distinct on (table_id, url) id, host, next_attempt_at, lease_until,
        jsonb_array_length(attempts) > 0 as has_failed
      from notifications where state = 'queued' order by table_id, url, id
    ), hosts as (
      select host, count(*) filter (where lease_until > clock_timestamp()) as busy,
        bool_or(has_failed) as is_troubled
      from oldest group by host
    ), due as (
      select o.id, o.next_attempt_at, h.is_troubled,
        row_number() over (partition by o.host order by o.next_attempt_at, o.id) + h.busy as place
      from oldest o join hosts h on h.host is not distinct from o.host
      where o.next_attempt_at <= clock_timestamp()
        and (o.lease_until is null or o.lease_until <= clock_timestamp())
    ), ranked as (
      select *, row_number() over (partition by is_troubled order by place, next_attempt_at, id) as rank
      from due where place <= ${perHost}
    ), chosen as (
      select n.id, r.is_troubled from notifications n join ranked r on r.id = n.id
      where (not r.is_troubled or r.rank <= ${troubledLimit}::int) and n.state = 'queued'
        and (n.lease_until is null or n.lease_until <= clock_timestamp())
      order by r.place, r.next_attempt_at, n.id limit ${limit} for update of n skip locked
    ), taken as (
      update notifications n set attempt_count = n.attempt_count + 1,
        lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}::int)
      from chosen where n.id = chosen.id returning n.*, chosen.is_troubled
    )
    select n.id::float8 as id, n.url, n.attempt_count as attempt, n.table_id::float8 as "tableId",
      n.refused_count as "refusedCount", n.is_troubled as "isTroubled", ${laterDelivered} > 0 as "isLate",
      n.table_run_id::float8 as "tableRunId", t.run_id::float8 as "runId",
      t.definition ->> 'dataset' as dataset, t.definition ->> 'name' as name,
      ${isoText("coalesce(t.ended_at, n.created_at)")} as "completedAt",
      t.row_count::float8 as "rowCount", t.extract_objects as objects, n.schema, r.cloud
    from taken n join table_runs t on t.id = n.table_run_id join runs r on r.id = t.run_id
    order by n.id`);
  return rows;
}

/** Of the same table and address as `n`. */
const laterDelivered = sql`(select count(*)::int from notifications l where l.table_id = n.table_id
  and l.url = n.url and l.id > n.id and l.state = 'delivered')`;

export async function storeNotifiedSchema(
  db: Db,
  id: number,
  schema: FieldSchema[],
): Promise<void> {
  await db.execute(
    sql`update notifications set schema = ${keptJson(schema)}::jsonb where id = ${id} and schema is null`,
  );
}

export interface Settled {
  state: NotificationState;
  /** The first that is given up there since one was delivered: somebody should hear of it. */
  isNews: boolean;
}

/**
 * Writes how an attempt ended. One that failed is due again after `pauseSeconds`, or given up. Null:
 * another has been begun since.
 */
export async function settleNotification(
  db: Db,
  { id, attempt }: Pick<DueNotification, "id" | "attempt">,
  {
    pauseSeconds,
    isRefused,
    ...told
  }: NotificationAttempt & { pauseSeconds: number; isRefused: boolean },
): Promise<Settled | null> {
  const { rows } = await db.execute<Settled & Record<string, unknown>>(sql`
    with ended as (
      select coalesce(b.state = 'failed', false) as follows_failed, r.count as refused_count,
        case when ${told.error}::text is null then 'delivered'
          when r.count >= e.attempts
            or n.give_up_at <= clock_timestamp() and n.attempt_count >= e.attempts then 'failed'
          else 'queued' end as state
      from notifications n
      left join lateral (
        select state from notifications b where b.table_id = n.table_id and b.url = n.url
          and b.id < n.id order by b.id desc limit 1) b on true
      cross join lateral (
        select case when b.state = 'failed' then 1 else ${fewestAttempts}::int end as attempts) e
      cross join lateral (
        select case when ${isRefused}::boolean then n.refused_count + 1 else 0 end as count) r
      where n.id = ${id}
    )
    update notifications n set state = ended.state, lease_until = null,
      refused_count = ended.refused_count,
      next_attempt_at = clock_timestamp() + make_interval(secs => ${pauseSeconds}::float8),
      ended_at = case when ended.state <> 'queued' then clock_timestamp() end,
      attempts = (
        select coalesce(jsonb_agg(a.value order by a.at), '[]')
        from jsonb_array_elements(n.attempts || ${keptJson([told])}::jsonb) with ordinality as a(value, at)
        where a.at > jsonb_array_length(n.attempts) + 1 - ${keptAttempts}::int)
    from ended where n.id = ${id} and n.attempt_count = ${attempt}
    returning n.state, n.state = 'failed' and not ended.follows_failed as "isNews"`);
  return rows[0] ?? null;
}

/**
 * Answers how many later ones its receiver has already. An attempt under way is left to its end.
 */
export async function queueAgain(db: Db, id: number): Promise<number> {
  const { rows } = await db.execute<{ later: number }>(sql`
    update notifications n set state = 'queued', ended_at = null, refused_count = 0,
      next_attempt_at = clock_timestamp(),
      give_up_at = clock_timestamp() + make_interval(days => ${lifeDays}::int)
    where id = ${id} returning ${laterDelivered} as later`);
  return rows[0]?.later ?? 0;
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
