import { and, asc, desc, eq, isNotNull, isNull, lt, or, sql } from "drizzle-orm";
import { slackMessages } from "../../drizzle/schema/slack.ts";
import { outbox } from "../../drizzle/schema/transfers.ts";
import type { SlackNews } from "../../shared/slack.ts";
import type { Db } from "./client.ts";
import { locks } from "./locks.ts";
import type { Transition } from "./transition.ts";

/*
 * What is to be told outside, written in the transaction of what it tells of: so it is told at least
 * once and in order, or the thing has not happened.
 */

/** A sender that is stopped within its transaction gives the lock back after this. */
const idleMs = 60_000;
const open = and(isNull(outbox.deliveredAt), isNull(outbox.givenUpAt));
const toSlack = eq(outbox.topic, "slack");

const lastTold = sql`coalesce((
  select max(o.id) from outbox o where o.topic = 'slack' and o.delivered_at is not null), 0)`;

export interface OpenNews {
  id: number;
  news: SlackNews;
  attempts: number;
  /** Seconds since it happened. */
  ageSeconds: number;
  /** Not to be tried yet. */
  isPutOff: boolean;
}

export async function tellSlack(tx: Db, news: SlackNews): Promise<void> {
  await tx.insert(outbox).values({ topic: "slack", payload: { ...news } });
}

/** Tells what `make` makes, unless news with all of `mark` was written before. */
export async function tellOnce(
  db: Db,
  mark: Partial<SlackNews>,
  make: (tx: Db) => Promise<SlackNews>,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${locks.toldOnce})`);
    const told = sql`${outbox.payload} @> ${JSON.stringify(mark)}::jsonb`;
    if ((await tx.$count(outbox, and(toSlack, told))) === 0) await tellSlack(tx, await make(tx));
  });
}

/** The oldest that is not told; `taken` while another process is at it, until `tx` ends. */
export async function takeOldestNews(tx: Db): Promise<OpenNews | "taken" | null> {
  await tx.execute(sql.raw(`set local idle_in_transaction_session_timeout = ${idleMs}`));
  const { rows } = await tx.execute<{ isOurs: boolean }>(
    sql`select pg_try_advisory_xact_lock(${locks.slack}) as "isOurs"`,
  );
  if (rows[0]?.isOurs !== true) return "taken";
  const [row] = await tx
    .select({
      id: outbox.id,
      news: sql<SlackNews>`${outbox.payload}`,
      attempts: outbox.attempts,
      ageSeconds: sql<number>`extract(epoch from clock_timestamp() - ${outbox.createdAt})::float8`,
      isPutOff: sql<boolean>`${outbox.nextAttemptAt} > clock_timestamp()`,
    })
    .from(outbox)
    .where(and(toSlack, open))
    .orderBy(asc(outbox.id))
    .limit(1);
  return row ?? null;
}

export async function markDelivered(tx: Db, id: number): Promise<void> {
  const now = sql`clock_timestamp()`;
  await tx.update(outbox).set({ deliveredAt: now, lastError: null }).where(eq(outbox.id, id));
}

export async function giveUp(tx: Db, id: number, lastError: string): Promise<void> {
  const now = sql`clock_timestamp()`;
  await tx.update(outbox).set({ givenUpAt: now, lastError }).where(eq(outbox.id, id));
}

/** Until then those behind it wait too. */
export async function putOff(
  tx: Db,
  id: number,
  { seconds, lastError }: { seconds: number; lastError: string },
): Promise<void> {
  await tx
    .update(outbox)
    .set({
      attempts: sql`${outbox.attempts} + 1`,
      nextAttemptAt: sql`clock_timestamp() + make_interval(secs => ${seconds})`,
      lastError,
    })
    .where(eq(outbox.id, id));
}

/** Tries at once what was put off: something has changed. */
export async function tryAgainNow(db: Db): Promise<void> {
  await db.update(outbox).set({ nextAttemptAt: sql`clock_timestamp()` }).where(and(toSlack, open));
}

/** Deletes what was told, or given up, so many days ago; nobody goes on with runs of then. */
export async function forgetTold(db: Db, days: number): Promise<void> {
  const longAgo = sql`clock_timestamp() - make_interval(days => ${days})`;
  await db.delete(outbox).where(or(lt(outbox.deliveredAt, longAgo), lt(outbox.givenUpAt, longAgo)));
  await db.delete(slackMessages).where(lt(slackMessages.createdAt, longAgo));
}

/** How Slack fares: what waits, and what could not be told since something was. */
export async function selectSlackState(db: Db): Promise<{ waiting: number; fault: string | null }> {
  const waiting = await db.$count(outbox, and(toSlack, open));
  const [row] = await db
    .select({ text: outbox.lastError })
    .from(outbox)
    .where(and(toSlack, isNotNull(outbox.lastError), sql`${outbox.id} > ${lastTold}`))
    .orderBy(desc(outbox.id))
    .limit(1);
  return { waiting, fault: row?.text ?? null };
}

/**
 * Tells of a run that has ended where that is news: it failed, or had failed before, or was late. That may
 * be under way to Slack just now, as of a run that goes on: it is open then, and stands nowhere yet.
 */
export async function tellEndedRun(transition: Transition, runId: number): Promise<void> {
  await transition.query(
    "tell ended run",
    `insert into outbox (topic, payload)
     select 'slack', jsonb_build_object('kind', n.kind, 'runId', r.id)
     from runs r cross join (values (1, 'run'), (2, 'lateRunEnded')) n(place, kind)
     where r.id = $1 and case n.kind when 'run' then r.state = 'failed' or r.resumed_count > 0
       else exists (select from slack_messages m where m.subject = 'late:' || r.id)
         or exists (select from outbox o where o.topic = 'slack' and o.delivered_at is null
           and o.given_up_at is null
           and o.payload @> jsonb_build_object('kind', 'runLate', 'runId', r.id)) end
     order by n.place`,
    [runId],
  );
}
