import { and, eq, type SQL, sql } from "drizzle-orm";
import { transferParts } from "../../drizzle/schema/transfer-parts.ts";
import { type Division, transfers } from "../../drizzle/schema/transfers.ts";
import type { CloudPlace } from "../../shared/cloud.ts";
import type { Db } from "./client.ts";
import { locks } from "./locks.ts";
import {
  busyOf,
  claimableTransfer,
  claimIdle,
  type LeaseAnswer,
  leaseSeconds,
  maxAttempts,
} from "./transfers.ts";

/*
 * The parts of an import that several rooms work on, and their claims.
 *
 * States: queued → running → done | failed.
 *   - divide      the room that has claimed the transfer writes all parts in one transaction, with what
 *                 others need to read them; parts of an earlier claim go.
 *   - claim       queued, or running with an expired lease → running; attempt + 1, fence + 1, a lease of
 *                 30 s. That room takes them one after the other, and so does any that has no transfer
 *                 to claim. A room reads one part of a transfer at a time; the one before may be on its
 *                 way into the bucket meanwhile, so that it holds two.
 *   - renew       pushes the lease on and writes the progress.
 *   - settle      running → done with its objects, or failed, which fails the transfer.
 *   - hand back   running → queued, by a room that stops, cannot have the snapshot, or met a transient
 *                 fault.
 *   - given up    running, expired, three attempts made: the room of the transfer sees it, and fails.
 *
 * A part counts while its transfer is running under the fence that the part names, and every write of a
 * room names the fence of its own claim too. So nothing is changed by a room that has lost its part, nor
 * by one whose transfer has ended, was cancelled, or has begun anew because the room died that had its
 * snapshot. Objects carry part and fence in their names: what such a room had staged is never read.
 *
 * Whoever reads a part from a database has one of its transfers at once. The room of the transfer has
 * that already. Others are counted beside the transfers, in one order by the advisory lock of the claims.
 */

/** What it takes to work on a part. */
export interface ClaimedPart {
  id: number;
  number: number;
  fence: number;
  attempt: number;
  statement: string;
  division: Division;
  transfer: { id: number; fence: number; tableId: number; tableRunId: number; runId: number };
  /** Where its run began; null for one of an older version. */
  cloud: CloudPlace | null;
}

export interface PartState {
  number: number;
  state: (typeof transferParts.$inferSelect)["state"];
  rows: number;
  bytes: number;
  objects: string[] | null;
  error: string | null;
  isRetryable: boolean;
  /** Three rooms have died of it. */
  isGivenUp: boolean;
}

type Claim = Pick<ClaimedPart, "id" | "fence">;

const leaseEnd = sql`clock_timestamp() + make_interval(secs => ${leaseSeconds})`;
const free = { leaseOwner: null, leaseUntil: null };

/** False where the claim of the transfer is lost: nothing was changed. */
export function divideTransfer(
  db: Db,
  transfer: { id: number; fence: number },
  division: Division,
  statements: string[],
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const held = await tx
      .update(transfers)
      .set({ division })
      .where(
        and(
          eq(transfers.id, transfer.id),
          eq(transfers.fence, transfer.fence),
          eq(transfers.state, "running"),
        ),
      )
      .returning({ id: transfers.id });
    if (held.length === 0) return false;
    await tx.delete(transferParts).where(eq(transferParts.transferId, transfer.id));
    await tx.insert(transferParts).values(
      statements.map((statement, number) => ({
        transferId: transfer.id,
        transferFence: transfer.fence,
        number,
        statement,
      })),
    );
    return true;
  });
}

/** The next part for the room that has claimed the transfer; null where none is left to take. */
export function claimOwnPart(
  db: Db,
  transfer: { id: number; fence: number },
): Promise<ClaimedPart | null> {
  const isOurs = sql`t.id = ${transfer.id} and t.fence = ${transfer.fence}`;
  return claim(db, sql`t.lease_owner`, isOurs);
}

/** A part of another room's transfer, for `room`. `except` are transfers, as `keyOfDivision` has them. */
export async function claimOthersPart(
  db: Db,
  room: string,
  except: string[],
): Promise<ClaimedPart | null> {
  const isOthers = sql`t.lease_owner <> ${room} and t.lease_until > clock_timestamp()
    and t.id || '.' || t.fence <> all(string_to_array(${except.join(",")}, ','))
    and not exists (
      select from ${transferParts} b where b.transfer_id = t.id and b.state = 'running'
        and b.lease_owner = ${room})
    and not exists (
      select from databases d where d.id = t.database_id and d.concurrent_transfers <= ${busyOf("d", "-1")})`;
  const { rows } = await db.execute(claimable(isOthers));
  if (rows.length === 0) return null;
  return db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('idle_in_transaction_session_timeout', ${claimIdle}, true),
      pg_advisory_xact_lock(${locks.transferClaim})`);
    return claim(tx, sql`${room}`, isOthers);
  });
}

/**
 * Another part of the transfer of which `room` has read `last`, and may still upload it: it holds two for
 * that while. Null also where a transfer waits for a room, or its database has more at once than it may.
 */
export async function claimAnotherPart(
  db: Db,
  room: string,
  { transfer }: ClaimedPart,
): Promise<ClaimedPart | null> {
  const isSame = sql`t.id = ${transfer.id} and t.fence = ${transfer.fence}
    and t.lease_owner <> ${room} and t.lease_until > clock_timestamp()
    and not exists (${claimableTransfer()})
    and not exists (
      select from databases d where d.id = t.database_id and d.concurrent_transfers < ${busyOf("d", "-1")})`;
  return claim(db, sql`${room}`, isSame);
}

export function keyOfDivision({ transfer }: Pick<ClaimedPart, "transfer">): string {
  return `${transfer.id}.${transfer.fence}`;
}

function claimable(isWanted: SQL): SQL {
  return sql`
    select p.id from ${transferParts} p
    join ${transfers} t on t.id = p.transfer_id and t.fence = p.transfer_fence
    where p.state in ('queued', 'running') and p.attempt < ${maxAttempts}
      and (p.lease_until is null or p.lease_until < clock_timestamp())
      and t.state = 'running' and t.cancel_requested_at is null and ${isWanted}
    order by p.transfer_id, p.number limit 1`;
}

/** One statement: a room that stands still in it holds nobody up. */
async function claim(tx: Db, owner: SQL, isWanted: SQL): Promise<ClaimedPart | null> {
  const { rows } = await tx.execute<{ part: ClaimedPart }>(sql`
    update ${transferParts} c
    set state = 'running', attempt = c.attempt + 1, fence = c.fence + 1, lease_owner = ${owner},
      lease_until = ${leaseEnd}, rows = 0, bytes = 0, error = null
    from ${transfers} t join table_runs r on r.id = t.table_run_id
    where t.id = c.transfer_id and c.id = (${claimable(isWanted)} for update of p skip locked)
    returning jsonb_build_object('id', c.id, 'number', c.number, 'fence', c.fence,
      'attempt', c.attempt, 'statement', c.statement, 'division', t.division,
      'cloud', (select u.cloud from runs u where u.id = r.run_id),
      'transfer', jsonb_build_object('id', t.id, 'fence', t.fence, 'tableId', t.table_id,
        'tableRunId', t.table_run_id, 'runId', r.run_id)) as part`);
  return rows[0]?.part ?? null;
}

export async function renewPart(
  db: Db,
  part: Claim,
  progress: { rows: number; bytes: number },
): Promise<LeaseAnswer> {
  const { rows, bytes } = progress;
  const [row] = await db
    .update(transferParts)
    .set({ leaseUntil: leaseEnd, rows, bytes })
    .where(held(part))
    .returning({
      isCancelled: sql<boolean>`(select t.cancel_requested_at is not null
        from ${transfers} t where t.id = ${transferParts.transferId})`,
    });
  if (!row) return "lost";
  return row.isCancelled ? "cancelRequested" : "held";
}

export type PartSettlement =
  | { state: "done"; rows: number; bytes: number; objects: string[] }
  | { state: "failed"; error: string; retryable: boolean };

/** False where the part is not ours any more: nothing was changed. */
export async function settlePart(
  db: Db,
  part: Claim,
  settlement: PartSettlement,
): Promise<boolean> {
  const columns =
    settlement.state === "done"
      ? settlement
      : {
          state: settlement.state,
          error: settlement.error,
          errorRetryable: settlement.retryable ? 1 : 0,
        };
  return change(db, part, { ...columns, ...free });
}

/** running → queued. `isAttempt` false: it was nobody's fault. */
export async function handBackPart(
  db: Db,
  part: Claim,
  why: { error: string | null; isAttempt: boolean },
): Promise<boolean> {
  const attempt = why.isAttempt
    ? transferParts.attempt
    : sql`greatest(${transferParts.attempt} - 1, 0)`;
  return change(db, part, {
    state: "queued",
    error: why.error,
    attempt,
    rows: 0,
    bytes: 0,
    ...free,
  });
}

type Columns = Parameters<ReturnType<Db["update"]>["set"]>[0];

async function change(db: Db, part: Claim, columns: Columns): Promise<boolean> {
  const changed = await db
    .update(transferParts)
    .set(columns)
    .where(held(part))
    .returning({ id: transferParts.id });
  return changed.length > 0;
}

function held(part: Claim): SQL | undefined {
  return and(
    eq(transferParts.id, part.id),
    eq(transferParts.fence, part.fence),
    eq(transferParts.state, "running"),
    sql`exists (select from ${transfers} t where t.id = ${transferParts.transferId}
      and t.fence = ${transferParts.transferFence} and t.state = 'running')`,
  );
}

/** In their order. */
export function readParts(db: Db, transfer: { id: number; fence: number }): Promise<PartState[]> {
  const p = transferParts;
  return db
    .select({
      number: p.number,
      state: p.state,
      rows: p.rows,
      bytes: p.bytes,
      objects: p.objects,
      error: p.error,
      isRetryable: sql<boolean>`${p.errorRetryable} = 1`,
      isGivenUp: sql<boolean>`${p.state} = 'running' and ${p.attempt} >= ${maxAttempts} and ${p.leaseUntil} < clock_timestamp()`,
    })
    .from(p)
    .where(and(eq(p.transferId, transfer.id), eq(p.transferFence, transfer.fence)))
    .orderBy(p.number);
}

/** Of a room that is known to be dead. */
export async function endPartLeases(db: Db, owner: string): Promise<void> {
  await db
    .update(transferParts)
    .set({ leaseUntil: sql`clock_timestamp() - interval '1 ms'` })
    .where(and(eq(transferParts.leaseOwner, owner), eq(transferParts.state, "running")));
}
