import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { frequencies } from "../../drizzle/schema/frequencies.ts";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { tables } from "../../drizzle/schema/tables.ts";
import type { MissedTicks, RunReasonCode } from "../../shared/run.ts";
import type { Overlap } from "../../shared/system.ts";
import type { Db } from "./client.ts";
import type { FrequencyRow } from "./frequencies.ts";
import { figuresAtEnd } from "./run-figures.ts";
import { isoText } from "./sql-text.ts";

/*
 * Which ticks of a frequency are recorded: each as a run, or, where it had no table to run, as
 * `empty_tick_at` of the frequency, so that a table put on it later makes up for none.
 *
 * What is recorded for a time well after now was recorded under a clock that went wrong and was set
 * right again. It counts for nothing until its time comes, or it would keep the frequency silent until
 * then. A clock that goes back by less than `setBackSeconds` makes no older tick wanted again.
 */

const setBackSeconds = 60;

/** An active frequency with the newest tick that was recorded for it. */
export interface TickingFrequency extends FrequencyRow {
  lastTickAt: Date | null;
  hasTables: boolean;
}

export async function selectTickingFrequencies(db: Db, now: Date): Promise<TickingFrequency[]> {
  const rows = await db
    .select({
      frequency: frequencies,
      lastTickAt: newestTick(now),
      hasTables: sql<boolean>`exists (select from ${tables} t
        where t.frequency_id = frequencies.id and t.deleted_at is null)`,
    })
    .from(frequencies)
    .where(eq(frequencies.active, true));
  return rows.map(({ frequency, ...rest }) => ({ ...frequency, ...rest }));
}

/** The newest that is recorded: an older one is no longer wanted. */
export async function selectNewestTick(
  tx: Db,
  frequencyId: number,
  now: Date,
): Promise<Date | null> {
  const [row] = await tx
    .select({ lastTickAt: newestTick(now) })
    .from(frequencies)
    .where(eq(frequencies.id, frequencyId));
  return row?.lastTickAt ?? null;
}

/** By hand: in a select of one table Drizzle writes columns without it, and `id` is then the run's. */
function newestTick(now: Date): SQL<Date | null> {
  const bound = sql`${now.toISOString()}::timestamptz
    + make_interval(secs => least(frequencies.period_seconds, ${setBackSeconds}::int))`;
  return sql<Date | null>`greatest(
    case when frequencies.empty_tick_at <= ${bound} then frequencies.empty_tick_at end,
    (select max(r.tick_at) from runs r
     where r.frequency_id = frequencies.id and r.tick_at <= ${bound}))`.mapWith(runs.tickAt);
}

/** Null where it was written already, or somebody has the row locked; `isTurn` where there was none before, or none is left. */
export async function storeTrouble(
  db: Db,
  id: number,
  text: string | null,
): Promise<{ isTurn: boolean } | null> {
  const { rows } = await db.execute<{ isTurn: boolean }>(sql`
    update frequencies f
    set trouble = ${text}, trouble_since = case when ${text}::text is null then null
      else coalesce(f.trouble_since, clock_timestamp()) end
    from (select id, trouble from frequencies where id = ${id} for no key update skip locked) o
    where f.id = o.id and o.trouble is distinct from ${text}
    returning (o.trouble is null or ${text}::text is null) as "isTurn"`);
  return rows[0] ?? null;
}

export async function recordEmptyTick(tx: Db, frequencyId: number, at: Date): Promise<void> {
  await tx.update(frequencies).set({ emptyTickAt: at }).where(eq(frequencies.id, frequencyId));
}

/** A tick that makes no run; its run's id. */
export async function recordSkippedTick(
  tx: Db,
  tick: {
    frequencyId: number;
    at: Date;
    missed: MissedTicks | null;
    reason: string;
    reasonCode: RunReasonCode;
  },
): Promise<number> {
  const { at: tickAt, ...rest } = tick;
  const values = { kind: "tick" as const, tickAt, ...rest };
  const [row] = await tx
    .insert(runs)
    .values({ ...values, state: "skipped", endedAt: sql`now()` })
    .returning({ id: runs.id });
  if (!row) throw new Error("an insert returned no row");
  return row.id;
}

/** Ends a run that was just made, with why. */
export async function skipRun(
  tx: Db,
  id: number,
  why: { reason: string; reasonCode: RunReasonCode },
): Promise<void> {
  await tx.execute(sql`
    update runs r
    set state = 'skipped', reason = ${why.reason}, reason_code = ${why.reasonCode},
      ended_at = now(), figures = ${sql.raw(figuresAtEnd)}
    where id = ${id}`);
}

/** The tables of other frequencies that an unfinished run waits for, where it does nothing else. */
export async function selectOnlyAwaited(tx: Db, runId: number): Promise<string[]> {
  const ofRun = and(eq(tableRuns.runId, runId), isNull(tableRuns.endedAt));
  const rows = await tx
    .select({ state: tableRuns.state, awaits: tableRuns.awaits })
    .from(tableRuns)
    .where(ofRun);
  if (rows.some(({ state }) => state !== "waiting")) return [];
  const names = rows.flatMap(({ awaits }) => awaits.map(({ tableName }) => tableName));
  return [...new Set(names)].sort();
}

/** The frequencies of which ticks overlapped in the last days, that of the newest first. */
export async function selectOverlaps(
  db: Db,
  { days, limit }: { days: number; limit: number },
): Promise<Overlap[]> {
  const { rows } = await db.execute<Overlap & Record<string, unknown>>(sql`
    select f.id::float8 as "frequencyId", f.name, o.count, r.id::float8 as "runId",
      ${isoText("r.tick_at")} as "tickAt", r.reason
    from (
      select frequency_id, max(id) as newest, count(*)::int as count from runs
      where state = 'skipped' and reason_code = 'overlap'
        and ended_at > clock_timestamp() - make_interval(days => ${days})
      group by frequency_id
    ) o
    join runs r on r.id = o.newest join frequencies f on f.id = o.frequency_id
    order by r.id desc
    limit ${limit}`);
  return rows;
}
