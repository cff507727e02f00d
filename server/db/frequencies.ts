import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { frequencies } from "../../drizzle/schema/frequencies.ts";
import { runs } from "../../drizzle/schema/runs.ts";
import { tables } from "../../drizzle/schema/tables.ts";
import type { FrequencyInput, FrequencyView } from "../../shared/frequency.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

export type FrequencyRow = typeof frequencies.$inferSelect;

type ListedFrequency = FrequencyRow & Pick<FrequencyView, "tableCount" | RunOfIt>;
type RunOfIt = "lastRun" | "lastTick" | "unfinishedRun";

/** The shortest period first. */
export async function selectFrequencies(db: Db): Promise<ListedFrequency[]> {
  const rows = await db
    .select({
      frequency: frequencies,
      tableCount: sql<number>`count(${tables.id})::int`,
      lastRun: sql<FrequencyView["lastRun"]>`(
        select jsonb_build_object('id', r.id::float8, 'state', r.state,
          'createdAt', ${isoText("r.created_at")})
        from runs r where r.frequency_id = ${frequencies.id} order by r.id desc limit 1)`,
      lastTick: sql<FrequencyView["lastTick"]>`(
        select jsonb_build_object('tickAt', ${isoText("r.tick_at")}, 'runId', r.id::float8,
          'state', r.state, 'reason', r.reason, 'missed', r.missed)
        from runs r where r.frequency_id = ${frequencies.id} and r.tick_at is not null
        order by r.tick_at desc limit 1)`,
      unfinishedRun: sql<FrequencyView["unfinishedRun"]>`(
        select jsonb_build_object('id', r.id::float8, 'createdAt', ${isoText("r.created_at")})
        from runs r where r.frequency_id = ${frequencies.id} and r.ended_at is null)`,
    })
    .from(frequencies)
    .leftJoin(tables, and(eq(tables.frequencyId, frequencies.id), isNull(tables.deletedAt)))
    .groupBy(frequencies.id)
    .orderBy(frequencies.periodSeconds, frequencies.name);
  return rows.map(({ frequency, ...rest }) => ({ ...frequency, ...rest }));
}

/** Locked until the transaction's end, so that what is decided about it and its runs holds. */
export async function lockFrequency(tx: Db, id: number): Promise<FrequencyRow | null> {
  const [row] = await tx.select().from(frequencies).where(eq(frequencies.id, id)).for("update");
  return row ?? null;
}

/**
 * The same for those who must not wait, as others would wait for them. Transactions that only name the
 * frequency, as saves of its tables do, are not in its way.
 */
export async function tryLockFrequency(
  tx: Db,
  id: number,
): Promise<FrequencyRow | "locked" | null> {
  const isIt = eq(frequencies.id, id);
  const wanted = tx.select().from(frequencies).where(isIt);
  const [row] = await wanted.for("no key update", { skipLocked: true });
  if (row) return row;
  return (await tx.$count(frequencies, isIt)) > 0 ? "locked" : null;
}

export async function insertFrequency(db: Db, input: FrequencyInput): Promise<number> {
  const [row] = await db.insert(frequencies).values(input).returning({ id: frequencies.id });
  if (!row) throw new Error("an insert returned no row");
  return row.id;
}

/** `startsAnew`: ticks before now are then none that were missed. */
export async function updateFrequencyRow(
  db: Db,
  id: number,
  input: FrequencyInput,
  startsAnew: boolean,
): Promise<void> {
  await db
    .update(frequencies)
    .set({ ...input, ...(startsAnew ? { effectiveFrom: sql`now()` } : {}) })
    .where(eq(frequencies.id, id));
}

/** What holds a frequency: tables on it that are not deleted, and runs that were made of it. */
export async function countFrequencyUses(
  db: Db,
  id: number,
): Promise<{ tables: number; runs: number }> {
  const ofTables = and(eq(tables.frequencyId, id), isNull(tables.deletedAt));
  const [tableCount, runCount] = await Promise.all([
    db.$count(tables, ofTables),
    db.$count(runs, eq(runs.frequencyId, id)),
  ]);
  return { tables: tableCount, runs: runCount };
}

/** Deletes it and takes it from deleted tables, which no save would bring to light. */
export async function deleteFrequency(db: Db, id: number): Promise<void> {
  await db
    .update(tables)
    .set({ frequencyId: null })
    .where(and(eq(tables.frequencyId, id), isNotNull(tables.deletedAt)));
  await db.delete(frequencies).where(eq(frequencies.id, id));
}
