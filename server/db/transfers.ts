import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { tableRuns } from "../../drizzle/schema/runs.ts";
import { databases } from "../../drizzle/schema/tables.ts";
import {
  type DeliveryResult,
  type TransferResult,
  transfers,
} from "../../drizzle/schema/transfers.ts";
import type { CloudPlace } from "../../shared/cloud.ts";
import type { TransferKind, TransferState } from "../../shared/transfer.ts";
import type { Db } from "./client.ts";
import { locks } from "./locks.ts";
import { idArray } from "./sql-text.ts";

/*
 * The queue of transfers, and its claim.
 *
 * States: queued → running → succeeded | failed | cancelled.
 *   - enqueue     makes the row queued, or queued again where the table run is resumed or retried,
 *                 under another fence: a room that works for the cancelled one still is let go.
 *   - claim       queued, or running with an expired lease → running; attempt + 1, fence + 1, and a
 *                 lease of 30 s on PostgreSQL's clock.
 *   - renew       pushes the lease on and writes the progress; the room does it every 10 s at most.
 *   - settle      running → succeeded | failed | cancelled.
 *   - hand back   running → queued, by a room that stops or met a transient fault. After a fault the
 *                 queued row keeps a lease of nobody's, before whose end it is not claimed. One
 *                 that is to be cancelled becomes cancelled instead.
 *   - sweep       running, expired, three attempts made → failed (poison: it kills its rooms);
 *                 running, expired, cancel asked for → cancelled.
 *
 * Every write of a room names the fence of its claim, and changes no row once another room has
 * claimed: a room that was merely slow finds out by its next write and stops. Between any two lines
 * of a room a crash leaves a running row whose lease ends; the next claim begins anew, under another
 * fence and so under other object names, and what the dead room had staged is never read.
 *
 * A database has as many transfers at once as an admin allows it; a room that helps with one, by reading
 * a part of it (transfer-parts.ts), counts as one more. One table is imported by one table run
 * at a time: a transfer is not claimed while another of its table is running, is queued before it, or has
 * succeeded and is being loaded. Otherwise two runs would both read above the same watermark and append
 * the same rows twice. Claims are serialized by an advisory lock, because two claims under way do not see
 * each other's rows.
 */

export const leaseSeconds = 30;
export const maxAttempts = 3;
export const claimIdle = "5s";

const leaseEnd = sql`clock_timestamp() + make_interval(secs => ${leaseSeconds})`;
const expired = sql`${transfers.state} = 'running' and ${transfers.leaseUntil} < clock_timestamp()`;
const cleared = { leaseOwner: null, leaseUntil: null };

/** What a change event of a transfer names. */
export interface TransferKeys {
  id: number;
  tableId: number;
  tableRunId: number;
  runId: number;
}

export interface ClaimedTransfer extends TransferKeys {
  kind: TransferKind;
  attempt: number;
  fence: number;
  /** Where its run began; null for one of an older version. */
  cloud: CloudPlace | null;
}

const withKeys = {
  id: transfers.id,
  tableId: transfers.tableId,
  tableRunId: transfers.tableRunId,
  runId:
    sql<number>`(select r.run_id from ${tableRuns} r where r.id = ${transfers.tableRunId})`.mapWith(
      Number,
    ),
};

/**
 * Queues what these table runs are at, in this order, or queues it again: in one statement, since a run
 * may have thousands, and everybody waits for the transition that starts them.
 */
export async function queueTransfers(tx: Db, tableRuns: { id: number }[]): Promise<void> {
  await tx.execute(sql`
    insert into transfers (table_run_id, table_id, kind, database_id)
    select t.id, t.table_id, t.step, d.id
    from unnest(${idArray(tableRuns.map(({ id }) => id))}) with ordinality as n(id, place)
    join table_runs t on t.id = n.id
    left join databases d on d.id = (t.definition ->> case t.step
      when 'import' then 'importDatabaseId' when 'export' then 'exportDatabaseId' end)::bigint
    order by n.place
    on conflict (table_run_id, kind) do update
    set state = 'queued', attempt = 0, fence = transfers.fence + 1, lease_owner = null,
      lease_until = null, cancel_requested_at = null, cancel_requested_by = null, rows = 0, bytes = 0, total_rows = null,
      result = null, error = null, error_retryable = 0, started_at = null, ended_at = null,
      database_id = excluded.database_id, statement = null`);
}

/** The oldest transfer that may start, for `owner`; null where there is none. */
export async function claimNextTransfer(db: Db, owner: string): Promise<ClaimedTransfer | null> {
  return db.transaction(async (tx) => {
    // A room that stands still here, or is gone without a word, must not keep the others from claiming.
    await tx.execute(sql`select set_config('idle_in_transaction_session_timeout', ${claimIdle}, true),
      pg_advisory_xact_lock(${locks.transferClaim})`);
    const [claimed] = await tx
      .update(transfers)
      .set({
        state: "running",
        attempt: sql`${transfers.attempt} + 1`,
        fence: sql`${transfers.fence} + 1`,
        leaseOwner: owner,
        leaseUntil: leaseEnd,
        startedAt: sql`coalesce(${transfers.startedAt}, clock_timestamp())`,
        rows: 0,
        bytes: 0,
        error: null,
      })
      .where(eq(transfers.id, sql`(${claimableTransfer()} for update of t skip locked)`))
      .returning({
        ...withKeys,
        kind: transfers.kind,
        attempt: transfers.attempt,
        fence: transfers.fence,
        cloud: sql<CloudPlace | null>`(select u.cloud from ${tableRuns} r join runs u on u.id = r.run_id
          where r.id = ${transfers.tableRunId})`,
      });
    return claimed ?? null;
  });
}

/** Whether a room may claim the transfer `t`, as far as its database lets it. */
export function waitsForRoom(): SQL {
  return sql`t.state in ('queued', 'running')
      and (t.lease_until is null or t.lease_until < clock_timestamp()) and t.attempt < ${maxAttempts} and t.cancel_requested_at is null
      and not exists (
        select from ${transfers} o join ${tableRuns} r on r.id = o.table_run_id
        where o.table_id = t.table_id and o.id <> t.id and (
          o.state = 'running' or (o.state = 'queued' and o.id < t.id)
          or (o.state = 'succeeded' and o.kind = 'import' and r.state = 'running' and o.table_run_id <> t.table_run_id)
        )
      )`;
}

/** The oldest that a room may claim. */
export function claimableTransfer(): SQL {
  return sql`
    select t.id from ${transfers} t
    where ${waitsForRoom()} and not exists (
        select from ${databases} d
        where d.id = t.database_id and d.concurrent_transfers <= ${busyOf("d", "t.id")}
      )
    order by t.id limit 1`;
}

/** How many rooms work with the database `d`: at transfers, or at a part of another room's. */
export function busyOf(database: string, exceptTransfer: string): SQL {
  const d = sql.raw(database);
  const except = sql.raw(exceptTransfer);
  return sql`(
    select count(*) + coalesce(sum((
      select count(distinct p.lease_owner) from transfer_parts p where p.transfer_id = b.id and p.transfer_fence = b.fence
        and p.state = 'running' and p.lease_owner <> b.lease_owner)), 0)
    from ${transfers} b where b.database_id = ${d}.id and b.state = 'running' and b.id <> ${except})`;
}

/** Ends what no room will take again; the keys of the transfers that it ended. */
export async function sweepTransfers(db: Db): Promise<TransferKeys[]> {
  const cancelled = await db
    .update(transfers)
    .set({ state: "cancelled", ...cleared, endedAt: sql`clock_timestamp()`, error: "cancelled" })
    .where(and(expired, sql`${transfers.cancelRequestedAt} is not null`))
    .returning(withKeys);
  const poisoned = await db
    .update(transfers)
    .set({
      state: "failed",
      ...cleared,
      endedAt: sql`clock_timestamp()`,
      error: `given up: the room of each of ${maxAttempts} attempts died`,
    })
    .where(and(expired, sql`${transfers.attempt} >= ${maxAttempts}`))
    .returning(withKeys);
  return [...cancelled, ...poisoned];
}

export type LeaseAnswer = "held" | "cancelRequested" | "lost";

/** Pushes the lease on and writes the progress, in one statement. */
export async function renewLease(
  db: Db,
  claim: { id: number; fence: number },
  progress: { rows: number; bytes: number; totalRows: number | null },
): Promise<LeaseAnswer> {
  const [row] = await db
    .update(transfers)
    .set({ leaseUntil: leaseEnd, ...progress })
    .where(held(claim))
    .returning({ cancelRequestedAt: transfers.cancelRequestedAt });
  if (!row) return "lost";
  return row.cancelRequestedAt ? "cancelRequested" : "held";
}

export type Settlement =
  | { state: "succeeded"; result: TransferResult | DeliveryResult; bytes: number }
  | { state: "failed"; error: string; retryable: boolean }
  | { state: "cancelled" };

/** False where the fence is no longer ours: nothing was changed. */
export async function settleTransfer(
  db: Db,
  claim: { id: number; fence: number },
  settlement: Settlement,
): Promise<boolean> {
  const changed = await db
    .update(transfers)
    .set({
      state: settlement.state,
      ...settledColumns(settlement),
      ...cleared,
      endedAt: sql`clock_timestamp()`,
    })
    .where(held(claim))
    .returning({ id: transfers.id });
  return changed.length > 0;
}

function settledColumns(settlement: Settlement): Partial<typeof transfers.$inferInsert> {
  switch (settlement.state) {
    case "succeeded":
      return { result: settlement.result, rows: settlement.result.rows, bytes: settlement.bytes };
    case "failed":
      return { error: settlement.error, errorRetryable: settlement.retryable ? 1 : 0 };
    case "cancelled":
      return { error: "cancelled" };
  }
}

/**
 * running → queued, or cancelled where that was asked for meanwhile: no room would claim it again. A
 * hand-back that is nobody's fault (`isAttempt` false) does not count as an attempt.
 */
export async function handBackTransfer(
  db: Db,
  claim: { id: number; fence: number },
  why: { error: string | null; isAttempt: boolean; pauseSeconds?: number },
): Promise<boolean> {
  const isCancelled = sql`${transfers.cancelRequestedAt} is not null`;
  const changed = await db
    .update(transfers)
    .set({
      state: sql`case when ${isCancelled} then 'cancelled' else 'queued' end`,
      endedAt: sql`case when ${isCancelled} then clock_timestamp() end`,
      leaseOwner: null,
      leaseUntil: why.pauseSeconds
        ? sql`clock_timestamp() + make_interval(secs => ${why.pauseSeconds})`
        : null,
      error: sql`case when ${isCancelled} then 'cancelled' else ${why.error}::text end`,
      attempt: why.isAttempt ? transfers.attempt : sql`greatest(${transfers.attempt} - 1, 0)`,
    })
    .where(held(claim))
    .returning({ id: transfers.id });
  return changed.length > 0;
}

/** Ends the leases of a room that is known to be dead: others need not wait for it. */
export function endLeases(db: Db, owner: string): Promise<TransferKeys[]> {
  return db
    .update(transfers)
    .set({ leaseUntil: sql`clock_timestamp() - interval '1 ms'` })
    .where(and(eq(transfers.leaseOwner, owner), eq(transfers.state, "running")))
    .returning(withKeys);
}

/** A queued transfer is cancelled at once; a running one by its room. The states left unended are untouched. */
export async function requestCancel(db: Db, id: number, by: string): Promise<TransferState | null> {
  const [row] = await db
    .update(transfers)
    .set({
      cancelRequestedAt: sql`clock_timestamp()`,
      cancelRequestedBy: by,
      state: sql`case when ${transfers.state} = 'queued' then 'cancelled' else ${transfers.state} end`,
      endedAt: sql`case when ${transfers.state} = 'queued' then clock_timestamp() end`,
    })
    .where(and(eq(transfers.id, id), inArray(transfers.state, ["queued", "running"])))
    .returning({ state: transfers.state });
  return row?.state ?? null;
}

function held(claim: { id: number; fence: number }): SQL | undefined {
  return and(
    eq(transfers.id, claim.id),
    eq(transfers.fence, claim.fence),
    eq(transfers.state, "running"),
  );
}

export async function readTransferKeys(db: Db, id: number): Promise<TransferKeys | null> {
  const [row] = await db.select(withKeys).from(transfers).where(eq(transfers.id, id));
  return row ?? null;
}
