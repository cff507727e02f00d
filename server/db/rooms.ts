import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { rooms, schedulers, schedulerVersions } from "../../drizzle/schema/schedulers.ts";
import type { RoomState, RoomView } from "../../shared/room.ts";
import type { Db } from "./client.ts";
import { isoText } from "./sql-text.ts";

export type RoomRow = typeof rooms.$inferSelect;

const now = sql`clock_timestamp()`;

export interface ReportedRoom {
  schedulerId: number;
  state: RoomState;
  isDraining: boolean;
  /** Since an allocation made it occupied; null where none did. */
  allocatedMs: number | null;
}

/** Locked, for a report of its own; null: there is none, or it is no more. */
export async function lockRoom(
  tx: Db,
  scheduler: string,
  room: string,
): Promise<ReportedRoom | null> {
  const [row] = await tx
    .select({
      schedulerId: rooms.schedulerId,
      state: rooms.state,
      isDraining: sql<boolean>`${rooms.drainingAt} is not null`,
      allocatedMs: sql<
        number | null
      >`extract(epoch from ${now} - ${rooms.allocatedAt})::float8 * 1000`,
    })
    .from(rooms)
    .innerJoin(schedulers, eq(schedulers.id, rooms.schedulerId))
    .where(
      and(eq(schedulers.name, scheduler), eq(rooms.id, room), sql`${rooms.state} <> 'terminated'`),
    )
    .for("update", { of: rooms });
  return row ?? null;
}

/** A report that was let in: the ping, and the state that follows from it. */
export async function writeReport(
  tx: Db,
  { schedulerId, room }: { schedulerId: number; room: string },
  report: { from: RoomState; to: RoomState; metadata: Record<string, unknown> },
): Promise<void> {
  await tx
    .update(rooms)
    .set({
      pingedAt: now,
      metadata: report.metadata,
      ...(report.from === report.to ? {} : enter(report.to)),
    })
    .where(isRoom(schedulerId, room));
}

/** The columns of a room that comes to this state. */
export function enter(state: RoomState): Record<string, unknown> {
  const times: Partial<Record<RoomState, Record<string, unknown>>> = {
    ready: { readyAt: now, occupiedAt: null, allocatedAt: null },
    occupied: { readyAt: sql`coalesce(${rooms.readyAt}, ${now})`, occupiedAt: now },
    terminating: { terminatingAt: now },
    unresponsive: { terminatingAt: now },
    error: { terminatingAt: now },
    terminated: { endedAt: now },
  };
  return { state, ...times[state] };
}

export function isRoom(schedulerId: number, room: string): SQL | undefined {
  return and(eq(rooms.schedulerId, schedulerId), eq(rooms.id, room));
}

/** One ping where PostgreSQL keeps them; false where it says something new. */
export async function touchRoom(
  db: Db,
  scheduler: string,
  room: string,
  said: { state: string; metadata: string },
): Promise<boolean> {
  const { rowCount } = await db.execute(sql`
    update rooms r set pinged_at = clock_timestamp()
    from schedulers s
    where s.name = ${scheduler} and r.scheduler_id = s.id and r.id = ${room}
      and r.state = ${said.state} and r.draining_at is null and r.metadata = ${said.metadata}::jsonb`);
  return (rowCount ?? 0) > 0;
}

/** Makes the ready room occupied that has waited longest; null: none is ready. */
export async function claimReadyRoom(
  db: Db,
  schedulerId: number,
): Promise<{ id: string; host: string | null; ports: RoomRow["ports"] } | null> {
  const [row] = await db
    .update(rooms)
    .set({ ...enter("occupied"), allocatedAt: now })
    .where(
      and(
        eq(rooms.schedulerId, schedulerId),
        eq(
          rooms.id,
          sql`(select r.id from rooms r
            where r.scheduler_id = ${schedulerId} and r.state = 'ready' and r.draining_at is null
            order by r.ready_at, r.id limit 1 for update skip locked)`,
        ),
      ),
    )
    .returning({ id: rooms.id, host: rooms.host, ports: rooms.ports });
  return row ?? null;
}

const listOrders = {
  /** Free ones first, the oldest of them before; those that are over come last. */
  room: sql`case ${rooms.state} when 'ready' then 0 when 'occupied' then 1 when 'terminated' then 3
    else 2 end, ${rooms.createdAt}`,
  cpu: sql`${rooms.cpuMillis} nulls last, ${rooms.createdAt}`,
  mem: sql`${rooms.memoryBytes} nulls last, ${rooms.createdAt}`,
} as const;

export async function selectRooms(
  db: Db,
  schedulerId: number,
  options: { metric: keyof typeof listOrders; limit: number; states?: RoomState[] },
): Promise<RoomView[]> {
  const versionText = sql<string>`coalesce(${schedulerVersions.major} || '.' || ${schedulerVersions.minor}, '1.0')`;
  const rows = await db
    .select({
      id: rooms.id,
      state: rooms.state,
      version: versionText,
      reason: rooms.reason,
      createdAt: sql<string>`${isoText("rooms.created_at")}`,
      pingedAt: sql<string | null>`${isoText("rooms.pinged_at")}`,
      occupiedAt: sql<string | null>`${isoText("rooms.occupied_at")}`,
      endedAt: sql<string | null>`${isoText("rooms.ended_at")}`,
      isDraining: sql<boolean>`${rooms.drainingAt} is not null`,
      host: rooms.host,
      ports: rooms.ports,
      metadata: rooms.metadata,
      cpuMillis: rooms.cpuMillis,
      memoryBytes: rooms.memoryBytes,
    })
    .from(rooms)
    .leftJoin(
      schedulerVersions,
      and(
        eq(schedulerVersions.schedulerId, rooms.schedulerId),
        eq(schedulerVersions.version, rooms.version),
      ),
    )
    .where(
      and(
        eq(rooms.schedulerId, schedulerId),
        options.states ? inArray(rooms.state, options.states) : undefined,
      ),
    )
    .orderBy(listOrders[options.metric])
    .limit(options.limit);
  return rows.map(({ host, ports, ...row }) => ({
    ...row,
    address: host === null ? null : { host, ports: ports ?? [] },
  }));
}

export async function selectRoomAddress(
  db: Db,
  scheduler: string,
  room: string,
): Promise<Pick<RoomRow, "host" | "ports"> | null> {
  const [row] = await db
    .select({ host: rooms.host, ports: rooms.ports })
    .from(rooms)
    .innerJoin(schedulers, eq(schedulers.id, rooms.schedulerId))
    .where(
      and(eq(schedulers.name, scheduler), eq(rooms.id, room), sql`${rooms.state} <> 'terminated'`),
    );
  return row ?? null;
}

/** How long ago each room that is alive pinged, where PostgreSQL keeps the pings. */
export async function selectPings(
  db: Db,
  scheduler: string,
): Promise<{ id: string; silentMs: number }[]> {
  const { rows } = await db.execute<{ id: string; silentMs: number }>(sql`
    select r.id, extract(epoch from clock_timestamp() - r.pinged_at)::float8 * 1000 as "silentMs"
    from rooms r join schedulers s on s.id = r.scheduler_id
    where s.name = ${scheduler} and r.state <> 'terminated' and r.pinged_at is not null`);
  return rows;
}
