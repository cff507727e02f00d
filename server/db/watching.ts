import { and, eq, inArray, sql } from "drizzle-orm";
import { rooms, schedulers, schedulerVersions } from "../../drizzle/schema/schedulers.ts";
import { MaestroError } from "../../shared/errors.ts";
import type { RoomState } from "../../shared/room.ts";
import type { Specification } from "../../shared/scheduler.ts";
import type { Db } from "./client.ts";
import { locks } from "./locks.ts";
import { enter, isRoom } from "./rooms.ts";

/*
 * What watchers read and write. A watcher takes a scheduler up by adding one to its fence, and every
 * write of a watcher locks the scheduler's row under the fence that it got: one that stood still, and
 * whose lock is another's by now, writes nothing, whatever it still believes.
 */

export interface Watch {
  schedulerId: number;
  fence: number;
}

export interface WatchedScheduler {
  name: string;
  state: "creating" | "active" | "terminating";
  version: number;
  major: number;
  specification: Specification;
  desired: number | null;
  sinceScaledSeconds: number | null;
}

export interface WatchedRoom {
  id: string;
  state: RoomState;
  version: number;
  major: number;
  pid: number | null;
  processStart: string | null;
  machine: string | null;
  logPath: string | null;
  host: string | null;
  isDraining: boolean;
  silentMs: number;
  occupiedMs: number | null;
  drainingMs: number | null;
  terminatingMs: number | null;
  endedMs: number | null;
}

/** Null: the scheduler is no more. */
export async function takeUpScheduler(db: Db, schedulerId: number): Promise<Watch | null> {
  const [row] = await db
    .update(schedulers)
    .set({ watcherFence: sql`${schedulers.watcherFence} + 1` })
    .where(eq(schedulers.id, schedulerId))
    .returning({ fence: schedulers.watcherFence });
  return row ? { schedulerId, fence: row.fence } : null;
}

/** A watcher that is stopped (SIGSTOP, a paused machine) in here must not hold all others up. */
const bounded = sql.raw("set local idle_in_transaction_session_timeout = 5000");

/** A transaction of the watcher that has the scheduler; throws `conflict` for any other. */
export function inWatch<T>(db: Db, watch: Watch, work: (tx: Db) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(bounded);
    const [row] = await tx
      .select({ fence: schedulers.watcherFence })
      .from(schedulers)
      .where(eq(schedulers.id, watch.schedulerId))
      .for("no key update");
    if (row?.fence !== watch.fence) {
      throw new MaestroError(
        "conflict",
        "another watcher has this scheduler now, or it is no more",
      );
    }
    return work(tx);
  });
}

export const msSince = (column: string) =>
  sql<number | null>`extract(epoch from clock_timestamp() - ${sql.raw(column)})::float8 * 1000`;

export async function selectWatched(db: Db, watch: Watch): Promise<WatchedScheduler | null> {
  const [row] = await db
    .select({
      name: schedulers.name,
      state: schedulers.state,
      version: schedulers.version,
      major: schedulerVersions.major,
      specification: schedulerVersions.specification,
      desired: schedulers.desired,
      sinceScaledSeconds: sql<
        number | null
      >`extract(epoch from clock_timestamp() - ${schedulers.scaledAt})::float8`,
      fence: schedulers.watcherFence,
    })
    .from(schedulers)
    .innerJoin(
      schedulerVersions,
      and(
        eq(schedulerVersions.schedulerId, schedulers.id),
        eq(schedulerVersions.version, schedulers.version),
      ),
    )
    .where(eq(schedulers.id, watch.schedulerId));
  return row?.fence === watch.fence ? row : null;
}

/** Those that are not over, or whose process is not known to be gone; the oldest first. */
export async function selectWatchedRooms(db: Db, { schedulerId }: Watch): Promise<WatchedRoom[]> {
  const { rows } = await db.execute<WatchedRoom & Record<string, unknown>>(sql`
    select r.id, r.state, r.version, v.major, r.pid, r.process_start as "processStart", r.machine,
      r.log_path as "logPath", r.host, r.draining_at is not null as "isDraining",
      ${msSince("coalesce(r.pinged_at, r.created_at)")} as "silentMs",
      case when r.state = 'occupied' then ${msSince("r.occupied_at")} end as "occupiedMs",
      ${msSince("r.draining_at")} as "drainingMs", ${msSince("r.terminating_at")} as "terminatingMs",
      ${msSince("r.ended_at")} as "endedMs"
    from rooms r
    join scheduler_versions v on v.scheduler_id = r.scheduler_id and v.version = r.version
    where r.scheduler_id = ${schedulerId} and (r.state <> 'terminated' or r.pid is not null)
    order by r.created_at, r.id`);
  return rows;
}

/** Moves a room that is still in the state it was seen in; one that has failed keeps why. */
export async function moveRoom(
  tx: Db,
  watch: Watch,
  room: Pick<WatchedRoom, "id" | "state">,
  to: RoomState,
  reason: string,
): Promise<boolean> {
  const hasFailed = room.state === "error" || room.state === "unresponsive";
  const rows = await tx
    .update(rooms)
    .set({ ...enter(to), reason: hasFailed ? sql`coalesce(${rooms.reason}, ${reason})` : reason })
    .where(and(isRoom(watch.schedulerId, room.id), eq(rooms.state, room.state)))
    .returning({ id: rooms.id });
  return rows.length > 0;
}

export async function drainRooms(tx: Db, watch: Watch, ids: string[]): Promise<void> {
  await tx
    .update(rooms)
    .set({ drainingAt: sql`coalesce(${rooms.drainingAt}, clock_timestamp())` })
    .where(and(eq(rooms.schedulerId, watch.schedulerId), inArray(rooms.id, ids)));
}

export async function forgetProcess(tx: Db, watch: Watch, id: string): Promise<void> {
  await tx.update(rooms).set({ pid: null }).where(isRoom(watch.schedulerId, id));
}

/**
 * New rooms on this machine, as many as fit beside all others that run there: at most what their
 * requests leave of its cores and its memory. Who asks at the same time waits.
 */
export async function insertRooms(
  tx: Db,
  watch: Watch,
  input: { version: number; machine: string; ids: string[]; fit: (used: UsedPlace[]) => number },
): Promise<string[]> {
  await tx.execute(sql`select pg_advisory_xact_lock(${locks.roomPlaces})`);
  const { rows: used } = await tx.execute<UsedPlace & Record<string, unknown>>(sql`
    select v.specification -> 'requests' ->> 'cpu' as cpu,
      v.specification -> 'requests' ->> 'memory' as memory, count(*)::int as count
    from rooms r
    join scheduler_versions v on v.scheduler_id = r.scheduler_id and v.version = r.version
    where r.machine = ${input.machine} and (r.state <> 'terminated' or r.pid is not null)
    group by 1, 2`);
  const ids = input.ids.slice(0, Math.max(0, input.fit(used)));
  if (ids.length === 0) return [];
  await tx.insert(rooms).values(
    ids.map((id) => ({
      schedulerId: watch.schedulerId,
      id,
      version: input.version,
      machine: input.machine,
    })),
  );
  return ids;
}

export interface UsedPlace {
  cpu: string;
  memory: string;
  count: number;
}

export async function keepProcess(
  tx: Db,
  watch: Watch,
  id: string,
  process: Partial<typeof rooms.$inferInsert>,
): Promise<void> {
  await tx.update(rooms).set(process).where(isRoom(watch.schedulerId, id));
}

/** Back to the version before; the one that failed keeps why. */
export async function rollBack(
  tx: Db,
  watch: Watch,
  to: number,
  failed: { version: number; reason: string },
): Promise<void> {
  const { schedulerId } = watch;
  await tx
    .update(schedulerVersions)
    .set({ failure: failed.reason })
    .where(
      and(
        eq(schedulerVersions.schedulerId, schedulerId),
        eq(schedulerVersions.version, failed.version),
      ),
    );
  // Another update may have come meanwhile.
  const isIt = and(eq(schedulers.id, schedulerId), eq(schedulers.version, failed.version));
  await tx.update(schedulers).set({ version: to }).where(isIt);
}

/** Whether it still is what a look has seen: what follows from the look holds for that alone. */
export async function isAsSeen(
  tx: Db,
  { schedulerId }: Watch,
  seen: Pick<WatchedScheduler, "state" | "version" | "desired">,
): Promise<boolean> {
  const [now] = await tx
    .select({ state: schedulers.state, version: schedulers.version, desired: schedulers.desired })
    .from(schedulers)
    .where(eq(schedulers.id, schedulerId));
  return now?.state === seen.state && now.version === seen.version && now.desired === seen.desired;
}

/** Its first rooms have come, or will not; one that is deleted meanwhile stays so. */
export async function activate(tx: Db, { schedulerId }: Watch): Promise<void> {
  const isIt = and(eq(schedulers.id, schedulerId), eq(schedulers.state, "creating"));
  await tx.update(schedulers).set({ state: "active" }).where(isIt);
}

/** False: somebody has decided otherwise since it was looked at. */
export async function setDesired(
  tx: Db,
  { schedulerId }: Watch,
  seen: number | null,
  desired: number,
): Promise<boolean> {
  const rows = await tx
    .update(schedulers)
    .set({ desired, scaledAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(schedulers.id, schedulerId),
        eq(schedulers.state, "active"),
        sql`${schedulers.desired} is not distinct from ${seen}::int`,
      ),
    )
    .returning({ id: schedulers.id });
  return rows.length > 0;
}

export async function deleteSchedulerRow(tx: Db, watch: Watch): Promise<void> {
  await tx.delete(schedulers).where(eq(schedulers.id, watch.schedulerId));
}

export async function selectSchedulerIds(db: Db): Promise<{ id: number; name: string }[]> {
  return db.select({ id: schedulers.id, name: schedulers.name }).from(schedulers);
}

/** Of these schedulers on this machine, those that may run. */
export async function selectProcesses(
  db: Db,
  machine: string,
  schedulerIds: number[],
): Promise<{ pid: number; start: string }[]> {
  const { rows } = await db.execute<{ pid: number; start: string }>(sql`
    select pid, process_start as start from rooms
    where machine = ${machine} and scheduler_id = any(${sql.param(schedulerIds)}::int[]) and pid is not null and process_start is not null`);
  return rows;
}
